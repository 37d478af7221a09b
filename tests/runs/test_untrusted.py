"""Run folders made to do harm: one line, the right code, nothing read or written outside, no memory for mere claims."""

import io
import json
import os
import resource
import shutil
import zipfile

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import aelab
from aelab import cli
from aelab.config import json_form
from aelab.errors import CheckpointError, ConfigError
from aelab.nets.transformer import sinusoids
from aelab.runner import launch
from aelab.runs import schema, untrusted
from experiments import vae
from tests.support.tiny_run import TINY, edit, train

SECRET = "the-word-that-must-not-be-seen"


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    return train(tmp_path_factory.mktemp("strange"))


@pytest.fixture
def run(finished, tmp_path):
    """A copy of a finished run, a secret beside it."""
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "word").write_text(json.dumps({"state": SECRET, "schema": 1, "experiment": SECRET}) + "\n")
    return shutil.copytree(finished, tmp_path / "run")


def outside(run):
    """All that lies beside the run."""
    files = [file for file in run.parent.rglob("*") if file.is_file() and run not in file.parents]
    return {file: file.read_bytes() for file in files}


def refused(capfd, *argv):
    """The code and the one line of a verb that fails."""
    capfd.readouterr()
    code = cli.main([str(word) for word in argv])
    said = capfd.readouterr()
    lines = said.err.splitlines()
    assert SECRET not in said.out + said.err
    assert len([line for line in lines if line.startswith("error: ")]) == 1, lines
    assert "Traceback" not in said.err
    return code, lines[-1]


FILES = ["config.json", "manifest.json", "status.json", "summary.json", "digests.jsonl"]
VERBS = {
    "config.json": "verify",
    "manifest.json": "verify",
    "status.json": "info",
    "summary.json": "verify",
    "digests.jsonl": "verify",
    "metrics.jsonl": "report",
}


def link(path, target):
    shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    path.symlink_to(target)


@pytest.mark.parametrize("name", VERBS)
def test_a_file_that_is_a_link_is_not_read(run, capfd, name):
    link(run / name, run.parent / "secret" / "word")
    if name == "metrics.jsonl":
        (run / "figures" / "curves.png").unlink()
    code, line = refused(capfd, VERBS[name], run)
    assert code == 2
    assert str(run.resolve() / name) in line
    assert "a link" in line


@pytest.mark.parametrize("name", ["checkpoints", "best", "checkpoints/*/state", "checkpoints/*/record/metadata"])
def test_checkpoints_that_are_links_are_not_read(run, finished, capfd, name):
    """Though what stands behind the link is a good checkpoint."""
    name = str(min(run.glob(name)).relative_to(run))
    link(run / name, finished / name)
    assert refused(capfd, "verify", run) == (2, f"error: {run / name}: {untrusted.NOT_A_PLAIN_FILE}")
    with pytest.raises(ConfigError, match="a link"):
        aelab.load(run, "best" if name == "best" else "last")


@pytest.mark.parametrize("name", ["figures/samples.png", "figures/zzz.png", "figures/samples.npz", "figures", "events"])
def test_no_picture_leads_out_of_the_folder(run, capfd, name):
    link(run / name, run.parent / "secret" / ("word" if "." in name else ""))
    before = outside(run)
    code, line = refused(capfd, "report", run)
    assert (code, outside(run)) == (2, before)
    assert f"{run / name}: a link" in line


@pytest.mark.parametrize(
    "name",
    ["lock", "log.txt", "metrics.jsonl", ".status.json.part", ".report.html.part", "events", "checkpoints", "damaged"],
)
def test_training_writes_through_no_link(finished, run, tmp_path, capfd, name):
    """A run from a stranger, gone on with."""
    (run / "summary.json").unlink()
    home = tmp_path / "runs" / finished.parent.name / finished.name
    home.parent.mkdir(parents=True)
    run.rename(home)
    target = tmp_path / "secret" / ("word" if "." in name or name == "lock" else "")
    link(home / name, target)
    before = outside(home)
    code = launch.main(vae.Config, vae.build, [*TINY, "--runs-dir", str(tmp_path / "runs")])
    assert code == 2
    assert f"error: {home / name}: a link" in capfd.readouterr().err.splitlines()[-1]
    assert outside(home) == before


def test_a_small_file_is_written_beside_a_link_that_waits_for_it(tmp_path):
    from aelab.runs.atomic import write_atomically

    (tmp_path / "word").write_text(SECRET)
    (tmp_path / ".report.html.part").symlink_to(tmp_path / "word")
    write_atomically(tmp_path / "report.html", b"<p>")
    assert (tmp_path / "word").read_text() == SECRET
    assert (tmp_path / "report.html").read_bytes() == b"<p>"


def test_a_pipe_keeps_nobody_waiting(run, capfd):
    (run / "status.json").unlink()
    os.mkfifo(run / "status.json")
    assert refused(capfd, "info", run)[0] == 2


def test_a_run_folder_itself_may_be_behind_a_link(finished, tmp_path):
    (tmp_path / "mine").symlink_to(finished)
    assert cli.main(["verify", str(tmp_path / "mine")]) == 0


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_is_too_large_is_named(run, capfd, name):
    os.truncate(run / name, untrusted.MAX_BYTES + 1)  # a hole: no byte is written
    code, line = refused(capfd, VERBS[name], run)
    assert (code, line) == (2, f"error: {run / name}: 256 MiB, more than the 256 that are read; restore the file")


def test_a_manifest_that_stands_alone_is_capped_too(tmp_path, capfd):
    (tmp_path / "m.json").touch()
    os.truncate(tmp_path / "m.json", untrusted.MAX_BYTES + 1)
    assert refused(capfd, "reproduce", tmp_path / "m.json")[0] == 2


def test_nesting_is_no_way_in(run, capfd):
    (run / "status.json").write_text("[" * 10**6)
    assert refused(capfd, "info", run)[0] == 2


def sized(run, **fields):
    for name in ("config.json", "manifest.json"):
        edit(run, name, lambda stored: stored["config"].update(fields))


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"latent_dim": 10**9}, "--latent-dim: must be a number from 1 to 65536, got 1000000000"),
        ({"widths": [65536] * 4}, "GiB, and this machine has"),
        ({"net": "lstm", "depth": 10**9}, "--depth: must be a number from 1 to 1000, got 1000000000"),
        ({"widths": [1] * 2000}, "--widths: at most 1000 values, got 2000"),
        ({"latent_dim": 10**30}, "--latent-dim must be a whole number"),
        ({"latent_dim": "../../x"}, "--latent-dim must be a whole number, got ../../x"),
        ({"seed": "../../x"}, "--seed must be a whole number, got ../../x"),
        ({"net": "rm"}, "--net must be one of mlp, conv, lstm, transformer, got rm"),
        ({"net": "transformer", "positions": "sinusoidal", "patch": 1, "width": 65536}, "GiB, and this machine has"),
    ],
)
def test_a_config_that_asks_for_the_absurd_costs_nothing(run, capfd, fields, said):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    sized(run, **fields)
    for argv in (("verify", run), ("apply", run, "--task", "sample", "--output", run.parent / "out.npz")):
        code, line = refused(capfd, *argv)
        assert code == 2
        assert str(run / "config.json") in line
        assert said in line
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 1 << 20  # KiB
    assert not (run.parent / "out.npz").exists()


def test_a_table_of_places_has_an_end():
    with pytest.raises(ConfigError, match="--positions sinusoidal: 65536 tokens of width 65536"):
        sinusoids([65536], 65536)


@pytest.mark.parametrize("shape", [[10**9, 10**9, 1], [0, 8, 1], [-1], [], [1] * 30, "8"])
def test_a_spec_of_no_event_is_named(run, capfd, shape):
    edit(run, "manifest.json", lambda made: made["data"]["spec"].update(shape=shape))
    code, line = refused(capfd, "apply", run, "--task", "sample", "--output", run.parent / "out.npz")
    assert code == 2
    assert str(run / "manifest.json") in line


@pytest.mark.parametrize("name", ["os", "experiments.bench.chaos", "experiments.no_such", "experiments", "/etc/passwd"])
def test_only_scripts_that_train_are_imported(run, capfd, name):
    edit(run, "config.json", lambda stored: stored.update(experiment=name))
    code, line = refused(capfd, "verify", run)
    assert code == 2
    assert name in line


def last(run):
    return max((run / "checkpoints").iterdir(), key=lambda path: int(path.name))


@pytest.mark.parametrize("claim", [{"shape": [10**7, 10**6]}, {"chunks": [10**7, 10**6]}])
def test_a_checkpoint_that_claims_terabytes_is_passed_over(run, finished, claim):
    """The zarr header of one kernel, rewritten; the step before serves."""
    import tensorstore as ts

    base = {"driver": "ocdbt", "base": f"file://{last(run) / 'state'}/"}
    store = ts.KvStore.open(base).result()
    key = next(key for key in store.list().result() if key.startswith(b"params") and key.endswith(b"kernel/.zarray"))
    store[key] = json.dumps(json.loads(store[key]) | claim).encode()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.warns(UserWarning, match=r"damaged, passed over \(\d{13,} bytes, and the model needs no more than"):
        aelab.load(run)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 1 << 20
    for step in (run / "checkpoints").iterdir():
        if step != last(run):
            shutil.rmtree(step)
    with pytest.raises(CheckpointError, match="can be trusted"), pytest.warns(UserWarning, match="passed over"):
        aelab.load(run)


def test_a_checkpoint_larger_than_its_model_is_passed_over(run):
    (last(run) / "record" / "more").touch()
    os.truncate(last(run) / "record" / "more", 1 << 40)
    with pytest.warns(UserWarning, match="1099511"):
        aelab.load(run)


def test_a_database_of_arrays_reads_no_file_outside(run):
    import tensorstore as ts

    store = ts.KvStore.open(f"file://{run}/checkpoints/").result()
    with pytest.raises(ValueError, match="Invalid key"):
        store["../../secret/word"]


def npz(**headers):
    """A `.npz` whose arrays' headers say what one likes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        for name, header in headers.items():
            part = io.BytesIO()
            np.lib.format.write_array_header_1_0(part, header)
            file.writestr(f"{name}.npy", part.getvalue() + bytes(8))
    return buffer.getvalue()


def bomb():
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file, file.open("events.npy", "w") as part:
        for _ in range(300):
            part.write(bytes(1 << 20))
    return buffer.getvalue()


HEADER = {"descr": "<f4", "fortran_order": False, "shape": (10**6, 10**7, 1, 1)}


@pytest.mark.parametrize("content", [npz(events=HEADER), npz(events=HEADER | {"descr": "|O"}), bomb(), b"PK\x03\x04"])
def test_arrays_of_a_figure_are_capped(run, capfd, content):
    (run / "figures" / "samples.npz").write_bytes(content)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    code, line = refused(capfd, "report", run)
    assert (code, str(run / "figures" / "samples.npz") in line) == (3, True)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 512 << 10


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


def places(value, path=()):
    """Every place of a JSON value."""
    yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value[:2]) if isinstance(value, list) else ()
    for key, part in inner:
        yield from places(part, (*path, key))


@given(st.data())
@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
def test_whatever_stands_in_a_json_file_no_traceback(finished, tmp_path_factory, data):
    """One place of one file replaced by anything; the verbs that look without computing scores."""
    run = shutil.copytree(
        finished, tmp_path_factory.mktemp("fuzz") / "run", ignore=shutil.ignore_patterns("best", "figures")
    )
    before = outside(run)
    name = data.draw(st.sampled_from(["config.json", "manifest.json", "status.json", "summary.json"]))
    value = json.loads((run / name).read_text())
    place = data.draw(st.sampled_from(sorted(places(value), key=str)))
    if place:
        inner = value
        for key in place[:-1]:
            inner = inner[key]
        inner[place[-1]] = data.draw(JSON)
    (run / name).write_text(json.dumps(value if place else data.draw(JSON)))
    codes = {cli.main([verb, str(run)]) for verb in ("info", "report", "verify")}
    assert codes <= {0, 2, 3, 5}
    assert outside(run) == before


def test_forms_say_what_is_wrong_and_where():
    made = {"sessions": [{"how": {}, "fingerprint": {}}], "data": {"name": 3}}
    assert json_form.misfit(made, schema.Manifest) == "data.name must be a text"
    assert json_form.misfit({"step": 1, "leaves": "a"}, schema.Digests) == "state is missing"
    assert json_form.misfit({"step": True}, schema.Status) == "step must be a whole number"
    assert json_form.misfit({"scores": {"test/elbo": -1, "test/rate": None}}, schema.Summary) == ""
