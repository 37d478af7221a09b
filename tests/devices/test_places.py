"""Where a process stands: what srun, mpirun and flags say, and what is missing from it."""

import dataclasses

import pytest

from aelab.config import Config
from aelab.devices import places
from aelab.devices.places import Place
from aelab.errors import ConfigError

SRUN = {
    "SLURM_JOB_ID": "4711",
    "SLURM_STEP_ID": "2",
    "SLURM_STEP_NODELIST": "gpu[07-09,11],login",
    "SLURM_STEP_NUM_NODES": "2",
    "SLURM_NTASKS": "4",
    "SLURM_PROCID": "3",
    "SLURM_LOCALID": "1",
}
MPIRUN = {
    "OMPI_COMM_WORLD_RANK": "1",
    "OMPI_COMM_WORLD_SIZE": "4",
    "OMPI_COMM_WORLD_LOCAL_RANK": "1",
    "OMPI_COMM_WORLD_LOCAL_SIZE": "2",
    "OMPI_MCA_orte_hnp_uri": "1531576320.0;tcp://10.96.0.1,10.148.0.1:34911",
}
ALONE = Config()


def given(**fields):
    return dataclasses.replace(ALONE, **fields)


def test_nothing_said_is_a_run_alone():
    assert places.find(ALONE, {}) is None
    assert places.find(ALONE, {**SRUN, "SLURM_NTASKS": "1", "SLURM_PROCID": "0"}) is None


def test_srun_says_all():
    assert places.find(ALONE, SRUN) == Place(3, 4, f"gpu07:{61440 + (4711 + 2 * 97) % 4096}", 1)
    assert places.find(ALONE, {**SRUN, "SLURM_STEP_NUM_NODES": "1"}).host == "127.0.0.1"
    assert places.find(ALONE, {**SRUN, "SLURM_STEP_NUM_NODES": "4"}).local is None  # has all of its machine
    # JAX finds the same process and the same host by the same variables
    from jax._src.clusters.slurm_cluster import SlurmCluster

    with pytest.MonkeyPatch.context() as patch:
        for name, value in SRUN.items():
            patch.setenv(name, value)
        assert SlurmCluster.is_env_present()
        assert SlurmCluster.get_coordinator_address(1, "1") == "gpu07:1"
        assert SlurmCluster.get_process_id() == 3


def test_two_steps_of_a_job_do_not_meet():
    one, other = (places.find(ALONE, {**SRUN, "SLURM_STEP_ID": step}).coordinator for step in "01")
    assert one != other


@pytest.mark.parametrize("missing", places.SLURM)
def test_without_srun_a_job_is_one_process(missing):
    rest = {name: value for name, value in SRUN.items() if name != missing}
    assert places.find(ALONE, rest) is None


def test_tasks_outside_srun_are_spoken_of():
    batch = {name: value for name, value in SRUN.items() if not name.startswith("SLURM_STEP")}
    assert "put srun before" in places.remarks(places.find(ALONE, batch), batch)[0]
    assert places.remarks(places.find(ALONE, SRUN), SRUN) == []
    assert places.remarks(None, {**batch, "SLURM_NTASKS": "1"}) == []


@pytest.mark.parametrize(
    ("nodes", "first"),
    [
        ("n1", "n1"),
        ("n1,n2", "n1"),
        ("n[01-15],m", "n01"),
        ("n[3,7-9]", "n3"),
        ("a-b[7],c", "a-b7"),
        ("n1,m[2-3]", "n1"),
    ],
)
def test_the_first_of_a_list_of_hosts(nodes, first):
    assert places.first_host(nodes) == first


def test_mpirun_says_all():
    place = places.find(ALONE, MPIRUN)
    assert (place.index, place.count, place.host, place.local) == (1, 4, "10.96.0.1", 1)
    assert places.find(ALONE, {**MPIRUN, "OMPI_COMM_WORLD_LOCAL_SIZE": "4"}).host == "127.0.0.1"
    from jax._src.clusters.ompi_cluster import OmpiCluster

    with pytest.MonkeyPatch.context() as patch:
        for name, value in MPIRUN.items():
            patch.setenv(name, value)
        assert OmpiCluster.get_coordinator_address(1, None) == place.coordinator


def test_open_mpi_5_needs_a_coordinator_and_nothing_else():
    later = {name: value for name, value in MPIRUN.items() if "orte" not in name}
    with pytest.raises(ConfigError, match="--coordinator: is missing"):
        places.find(ALONE, later)
    assert places.find(given(coordinator="node1:29500"), later) == Place(1, 4, "node1:29500", 1)


def test_flags_go_before_what_a_cluster_says():
    assert places.find(given(coordinator="other:1", process_id=1, num_processes=2), SRUN) == Place(1, 2, "other:1", 1)


def test_flags_say_all():
    place = places.find(given(coordinator="node1:29500", process_id=0, num_processes=2), {})
    assert place == Place(0, 2, "node1:29500")
    assert not place.on_loopback
    here = places.find(given(coordinator="127.0.0.1:29500", process_id=1, num_processes=2), {})
    assert here.on_loopback
    assert here.local == 1
    assert places.find(given(coordinator="node1:29500", process_id=0, num_processes=1), {}) is None


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"process_id": 1}, "--coordinator: is missing"),
        ({"coordinator": "node1"}, "--coordinator: must be HOST:PORT, got 'node1'"),
        ({"coordinator": "node1:1"}, "--num-processes: is missing"),
        ({"coordinator": "node1:1", "num_processes": 2}, "--process-id: is missing"),
        ({"coordinator": "node1:1", "num_processes": 2, "process_id": 2}, "--process-id: 2, and the run has 2"),
    ],
)
def test_what_is_missing_or_does_not_fit(fields, said):
    with pytest.raises(ConfigError, match=said):
        places.find(given(**fields), {})


def test_a_command_for_one_process_is_refused_in_several():
    places.require_alone("experiments.reduce", {})
    places.require_alone("experiments.reduce", {**SRUN, "SLURM_NTASKS": "1"})
    for environment in (SRUN, MPIRUN):
        with pytest.raises(ConfigError, match=r"experiments\.reduce: works in one process, and 4 were started"):
            places.require_alone("experiments.reduce", environment)
