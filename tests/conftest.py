"""What all tests share: one cache of compiled programs, the folder of real data, a machine without a network."""

import fcntl
import os
import shutil
import socket
from pathlib import Path

import pytest

# Before anything imports jax: eight virtual devices for the tests that ask for them, all others use one; programs that
# take a third as long to compile, and longer to run (`make test-all` compiles them as users do); and a program is
# compiled once for all processes and runs of the tests. Sums stay whole, as in the processes that tests start, whose
# bits are held against those of this one.
FAST = "--xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true"
FAST += " --xla_cpu_use_fusion_emitters=false"
os.environ.setdefault("XLA_FLAGS", f"--xla_force_host_platform_device_count=8 {FAST}")
WHOLE_SUMS = "--xla_cpu_experimental_ynn_fusion_type=-LIBRARY_FUSION_TYPE_REDUCE"
if WHOLE_SUMS not in os.environ["XLA_FLAGS"]:
    os.environ["XLA_FLAGS"] += f" {WHOLE_SUMS}"
os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(Path(__file__).parents[1] / ".cache" / "jax"))
os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0")
os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES", "-1")


@pytest.fixture
def data_dir() -> Path:
    """The folder of real data sets; a CI that lacks it fails, a workplace skips."""
    folder = os.environ.get("AELAB_DATA_DIR", "")
    if folder and Path(folder).is_dir():
        return Path(folder)
    reason = f"AELAB_DATA_DIR is {f'no folder: {folder}' if folder else 'not set'}: the real data sets are missing"
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def finished(tmp_path_factory) -> Path:
    """The folder of a tiny run, which nobody changes; all processes of the tests share it."""
    from tiny_run import train  # here: it imports aelab

    alone = "PYTEST_XDIST_WORKER" not in os.environ
    shared = tmp_path_factory.getbasetemp() if alone else tmp_path_factory.getbasetemp().parent
    with (shared / "finished.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # the first process trains it, the others find it
        return train(shared / "finished")


@pytest.fixture
def copy(finished, tmp_path) -> Path:
    """A copy of it to change."""
    return shutil.copytree(finished, tmp_path / finished.name)


@pytest.fixture
def no_network(monkeypatch):
    """Any attempt to reach a host fails the test, even where the code under test hides the error."""
    attempts = []

    def refuse(*args, **_):
        attempts.append(args)
        raise OSError("no network in this test")

    for name in ("getaddrinfo", "create_connection"):
        monkeypatch.setattr(socket, name, refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    yield
    assert not attempts
