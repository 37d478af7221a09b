"""What a machine of a slice of TPUs is told, by variables and by a metadata server, beside what JAX makes of it."""

import dataclasses
import http.server
import threading

import pytest

from aelab.config import Config
from aelab.devices import places, tpu
from aelab.devices.places import Place
from aelab.errors import ConfigError

ALONE = Config()
GKE = {"TPU_WORKER_ID": "2", "TPU_WORKER_HOSTNAMES": "vae-0.vae,vae-1.vae,vae-2.vae,vae-3.vae"}
SLICES = {"MEGASCALE_NUM_SLICES": "3", "MEGASCALE_SLICE_ID": "1", "MEGASCALE_COORDINATOR_ADDRESS": "10.0.0.9:8081"}
GCE = {
    "agent-worker-number": "1",
    "worker-network-endpoints": "t1v-0:8470:10.0.0.2,t1v-1:8470:10.0.0.3",
    "tpu-env": "ZONE: 'us-x'\nACCELERATOR_TYPE: 'v4-16'\n",
}


def chip(folder, vendor=tpu.GOOGLE, device="0x0063"):
    """A machine with one device on its bus."""
    (folder / "0000:00:04.0").mkdir()
    (folder / "0000:00:04.0" / "vendor").write_text(f"{vendor}\n")
    (folder / "0000:00:04.0" / "device").write_text(f"{device}\n")


@pytest.fixture
def on_tpu(tmp_path, monkeypatch):
    """A machine with a chip, on which JAX has its library."""
    chip(tmp_path)
    monkeypatch.setattr(tpu, "PCI", tmp_path)
    monkeypatch.setattr(tpu.importlib.util, "find_spec", lambda name: name)


@pytest.fixture
def metadata():
    """The address of a metadata server, and what it knows."""
    known = dict(GCE)

    class Answer(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            value = known.get(self.path.rpartition("/")[2])
            asked_well = self.headers["Metadata-Flavor"] == "Google"
            self.send_response(200 if value is not None and asked_well else 404)
            self.end_headers()
            self.wfile.write((value or "").encode())

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,)).start()
        yield f"127.0.0.1:{server.server_port}", known
        server.shutdown()


def by_jax(kind, environment):
    """Process, their number and the host of the coordinator, as JAX finds them."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        patch.setattr(kind, "wait_for_coordinator", lambda *_: None)
        host = kind.get_coordinator_address(1, None)
        return Place(kind.get_process_id(), kind.get_process_count(), host)


def test_kubernetes_says_all_by_variables(on_tpu):
    from jax._src.clusters.cloud_tpu_cluster import GkeTpuCluster

    told = {**GKE, "MEGASCALE_NUM_SLICES": "1", "MEGASCALE_SLICE_ID": "0", "MEGASCALE_COORDINATOR_ADDRESS": ""}
    several = {**GKE, **SLICES}
    assert places.find(ALONE, told) == Place(2, 4, "vae-0.vae:8482") == by_jax(GkeTpuCluster, told)
    assert places.find(ALONE, several) == Place(6, 12, "10.0.0.9:8482") == by_jax(GkeTpuCluster, several)


@pytest.mark.parametrize("names", [GCE["worker-network-endpoints"], "10.0.0.2,10.0.0.3"])
def test_a_virtual_machine_asks_its_metadata_server(on_tpu, metadata, names):
    from jax._src.clusters.cloud_tpu_cluster import GceTpuCluster

    address, known = metadata
    environment = {"GCE_METADATA_IP": address, "http_proxy": "http://127.0.0.1:9"}
    known["worker-network-endpoints"] = names
    assert places.find(ALONE, environment) == Place(1, 2, "10.0.0.2:8482")
    assert by_jax(GceTpuCluster, {"GCE_METADATA_IP": address}) == Place(1, 2, "10.0.0.2:8482")
    known["tpu-env"] += "".join(f"{name}: '{value}'\n" for name, value in SLICES.items())
    assert places.find(ALONE, environment) == Place(3, 6, "10.0.0.9:8482")
    assert by_jax(GceTpuCluster, {"GCE_METADATA_IP": address}) == Place(3, 6, "10.0.0.9:8482")


def test_a_machine_that_is_no_part_of_a_slice_is_alone(on_tpu, metadata):
    address, known = metadata
    known["worker-network-endpoints"] = "t1v-0:8470:10.0.0.2"
    assert places.find(ALONE, {"GCE_METADATA_IP": address}) is None
    known.clear()
    assert places.find(ALONE, {"GCE_METADATA_IP": address}) is None
    assert places.find(ALONE, {"TPU_SKIP_MDS_QUERY": "1"}) is None


def test_nobody_is_asked_where_flags_say_all_or_there_is_no_chip(tmp_path, on_tpu, monkeypatch, no_network):
    flags = dataclasses.replace(ALONE, coordinator="10.0.0.2:29500", process_id=1, num_processes=2)
    assert places.find(flags, {}) == Place(1, 2, "10.0.0.2:29500")
    assert places.find(ALONE, {"JAX_PLATFORMS": "cpu", **GKE}) is None
    (tmp_path / "other").mkdir()
    chip(tmp_path / "other", vendor="0x10de")
    monkeypatch.setattr(tpu, "PCI", tmp_path / "other")
    assert places.find(ALONE, {}) is None
    monkeypatch.setattr(tpu, "PCI", tmp_path)
    monkeypatch.setattr(tpu.importlib.util, "find_spec", lambda name: None)
    assert places.find(ALONE, {}) is None


def test_a_metadata_server_that_does_not_answer(on_tpu):
    with pytest.raises(ConfigError, match=r"--coordinator: the metadata server does not say .*TPU_SKIP_MDS_QUERY=1"):
        places.find(ALONE, {"GCE_METADATA_IP": "127.0.0.1:9"})
