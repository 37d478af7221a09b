#!/bin/sh
# Install Slurm and Open MPI for `make test-cluster`, where they are missing and this may be done: on Debian, as root.
# The packages start no service that listens on a network. The tests start daemons of their own.
set -eu
packages="slurm-wlm munge openmpi-bin iproute2 util-linux"
missing=""
for command in munged slurmctld slurmd srun mpirun ip setpriv unshare; do
  PATH="$PATH:/usr/sbin" command -v "$command" >/dev/null || missing="$missing $command"
done
[ -n "$missing" ] || exit 0
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
  echo "error: make test-cluster needs$missing; on Debian, apt-get install $packages gives them" >&2
  exit 1
fi
apt-get update -qq
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $packages >/dev/null
