"""Where a process stands among those of one run, as Slurm, Open MPI, a slice of TPUs or flags say; no jax here."""

import os
import re
from collections.abc import Mapping
from typing import NamedTuple, Protocol

from aelab.devices import tpu
from aelab.errors import ConfigError

SLURM = ("SLURM_JOB_ID", "SLURM_STEP_NODELIST", "SLURM_NTASKS", "SLURM_PROCID", "SLURM_LOCALID")  # srun sets all
FIRST_PORT, PORTS = 61440, 4096  # where the coordinators of jobs listen, by the number of the job
TPU_PORT = 8482  # where the coordinator of a slice listens, as JAX has it
HERE = "127.0.0.1"
AGAIN = "the same command goes on from the last checkpoint"
GONE = f"another process of the run has ended without a word; {AGAIN}"
SLOW = f"another process of the run has not answered in time; {AGAIN}"


class Joining(Protocol):
    """The fields of a config that say which processes a run has."""

    @property
    def coordinator(self) -> str: ...
    @property
    def process_id(self) -> int: ...
    @property
    def num_processes(self) -> int: ...


class Place(NamedTuple):
    """This process among those of its run."""

    index: int
    count: int
    coordinator: str  # HOST:PORT where process 0 listens; "" where nothing says it
    local: int | None = None  # which accelerator of its machine it takes; None for all

    @property
    def host(self) -> str:
        return self.coordinator.rpartition(":")[0]

    @property
    def on_loopback(self) -> bool:
        """Whether nobody outside this machine can or need reach the coordinator."""
        return self.host == "localhost" or self.host.startswith("127.")


def find(joining: Joining, environment: Mapping[str, str] = os.environ) -> Place | None:
    """The place of this process; None where it is alone. Flags go before what Slurm, Open MPI or a slice of TPUs say.

    Raises:
        ConfigError: what is said is not enough, or does not fit.
    """
    flags = (bool(joining.coordinator), joining.process_id >= 0, joining.num_processes > 0)
    told = by_slurm(environment) or by_open_mpi(environment) or (not all(flags) and by_tpu(environment))
    told = told or Place(-1, 0, "")
    if not any(flags) and told.count < 2:
        return None
    index = joining.process_id if joining.process_id >= 0 else told.index
    count, coordinator = joining.num_processes or told.count, joining.coordinator or told.coordinator
    if not re.fullmatch(r"(\[[^\s\]]+\]|[^\s:]+):\d{1,5}", coordinator):
        said = f"must be HOST:PORT, got {coordinator!r}" if coordinator else "is missing"
        raise ConfigError(f"--coordinator: {said}; give the host of process 0 and a free port, as node1:29500")
    if count < 1:
        raise ConfigError("--num-processes: is missing; say how many processes the run has")
    if not 0 <= index < count:
        said = f"{index}, and the run has {count} processes" if index >= 0 else "is missing"
        raise ConfigError(f"--process-id: {said}; give each process a number of its own from 0 to {count - 1}")
    place = Place(index, count, coordinator, told.local)
    if joining.coordinator and place.on_loopback and told.local is None:
        place = place._replace(local=index)  # all of them are on this machine
    return place if count > 1 else None


def by_slurm(environment: Mapping[str, str]) -> Place | None:
    """What `srun` says. The port follows from the numbers of job and step, so that two steps of a job do not meet."""
    if not all(name in environment for name in SLURM):
        return None
    job, nodes, count, index, local = (environment[name] for name in SLURM)
    machines = int(environment.get("SLURM_STEP_NUM_NODES", 0))
    port = FIRST_PORT + (int(job) + 97 * int(environment.get("SLURM_STEP_ID", 0))) % PORTS
    host = HERE if machines == 1 else first_host(nodes)
    return Place(int(index), int(count), f"{host}:{port}", None if machines == int(count) else int(local))


def first_host(nodes: str) -> str:
    """The first of a list of hosts as Slurm writes it: `gpu[07-09,11],login` begins with gpu07."""
    name = re.split(r"[,\[]", nodes, maxsplit=1)[0]
    ranges = nodes.removeprefix(name)
    return name + re.split(r"[-,\]]", ranges[1:], maxsplit=1)[0] if ranges.startswith("[") else name


def by_open_mpi(environment: Mapping[str, str]) -> Place | None:
    """What `mpirun` of Open MPI says; version 5 does not say where process 0 can be reached."""
    names = ("OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_LOCAL_RANK", "OMPI_COMM_WORLD_LOCAL_SIZE")
    if not all(name in environment for name in names):
        return None
    index, count, local, here = (int(environment[name]) for name in names)
    launcher = re.match(r"(\d+)\.\d+;tcp6?://\[?([^,\]]+?)[,:\]]", environment.get("OMPI_MCA_orte_hnp_uri", ""))
    coordinator = ""
    if launcher:  # the number of a job is a multiple of 4096
        port = FIRST_PORT + int(launcher[1]) // 4096 % PORTS
        host = HERE if here == count else f"[{launcher[2]}]" if ":" in launcher[2] else launcher[2]
        coordinator = f"{host}:{port}"
    return Place(index, count, coordinator, None if here == 1 else local)


def by_tpu(environment: Mapping[str, str]) -> Place | None:
    """What a slice of TPUs says: it has a process on each of its machines, which takes all chips there."""
    found = tpu.machine(environment)
    return Place(found.index, found.count, f"{found.first}:{TPU_PORT}") if found else None


def remarks(place: Place | None, environment: Mapping[str, str] = os.environ) -> list[str]:
    """What a user may not have meant, a line each: tasks that wait outside srun, processes kept on one core."""
    said = []
    tasks = environment.get("SLURM_NTASKS", "1")
    if place is None and tasks.isdigit() and int(tasks) > 1 and SLURM[1] not in environment:
        said.append(f"this Slurm job has {tasks} tasks, and this is one process; put srun before the command for all")
    if place and place.index == 0 and "OMPI_COMM_WORLD_RANK" in environment and pinned():
        said.append("mpirun keeps each process on one core; mpirun --bind-to none gives it all that are there")
    return said


def pinned() -> bool:
    """Whether the process that started this one may use several cores, and this one no more than one."""
    if not hasattr(os, "sched_getaffinity"):
        return False
    return len(os.sched_getaffinity(0)) == 1 < len(os.sched_getaffinity(os.getppid()))


def require_alone(what: str, environment: Mapping[str, str] = os.environ) -> None:
    """Require that nothing started several processes of a command that can use one alone.

    Raises:
        ConfigError: Slurm or Open MPI did.
    """
    told = by_slurm(environment) or by_open_mpi(environment)
    if told and told.count > 1:
        raise ConfigError(
            f"{what}: works in one process, and {told.count} were started; start it without srun or mpirun"
        )
