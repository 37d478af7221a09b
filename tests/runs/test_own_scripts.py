"""Scripts outside the package: what their runs are called, and how each verb finds the script again."""

import importlib
import json
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import own_project
import pytest
from environment import one_device
from tiny_run import edit

import aelab
from aelab import cli, data
from aelab.errors import ConfigError
from aelab.runner import launch, population
from aelab.runs import own_scripts, scripts
from aelab.runs.folder import Run
from aelab.sweeps.scripts import find_script
from experiments import sweep, vae

SAID = pytest.mark.filterwarnings("always:.*(has changed|no longer there)")  # said on stderr, not raised
FLAGS = ["--epochs", "2", "--batch-size", "300"]


def module(path: Path, spec: str = "") -> ModuleType:
    """A module as Python makes it: behind `python -m`, with a name; from a file, with none."""
    made = ModuleType("__main__")
    made.__file__ = str(path)
    made.__spec__ = importlib.machinery.ModuleSpec(spec, None) if spec else None
    return made


@pytest.mark.parametrize(
    ("path", "spec", "name"),
    [
        (scripts.FOLDER / "vae.py", "experiments.vae", "experiments.vae"),
        (scripts.FOLDER / "vae.py", "aelab.experiments.vae", "experiments.vae"),
        (scripts.FOLDER / "vae.py", "", "experiments.vae"),
        (scripts.FOLDER / "bench" / "chaos.py", "experiments.bench.chaos", "experiments.bench.chaos"),
        ("/home/me/proj/cond.py", "", "proj.cond"),
        ("/home/me/proj/cond.py", "proj.cond", "proj.cond"),
        ("/home/me/proj/cond.py", "cond", "cond"),
        ("/home/me/experiments/mine.py", "experiments.mine", "experiments.mine"),
        ("/home/me/experiments/vae.py", "experiments.vae", "own.experiments.vae"),
        ("/home/me/experiments/vae.py", "", "own.experiments.vae"),
    ],
)
def test_a_script_is_known_by_its_file(path, spec, name):
    assert scripts.name_of(module(Path(path), spec)) == name


def test_what_was_typed_into_a_notebook_has_a_name_and_no_file(tmp_path, monkeypatch):
    typed = ModuleType("__main__")
    monkeypatch.setitem(sys.modules, "__main__", typed)
    exec("class Config: ...\ndef build(config, spec): ...", vars(typed))
    assert scripts.name_of(typed) == "notebook.main"
    assert scripts.file_of(typed) is None
    assert scripts.origin("notebook.main", tmp_path, typed.Config, typed.build) == {}


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("experiments.vae", "vae"),
        ("aelab.experiments.vae", "vae"),
        ("experiments.bench.chaos", "bench.chaos"),
        ("experiments.mine", ""),
        ("own.experiments.vae", ""),
        ("aelab.vae", ""),
        ("experiments", ""),
        ("experiments...tests.conftest", ""),
        (f"experiments.{own_project.ROOT}/aelab/model", ""),
    ],
)
def test_only_files_of_the_package_are_its_scripts(name, short):
    assert scripts.short(name) == short


def forget(*names: str) -> None:
    """As in a process that has not imported them."""
    for name in list(sys.modules):
        if name.split(".")[0] in names or name.startswith(scripts.BY_FILE):
            del sys.modules[name]


@pytest.fixture(autouse=True)
def _clean(monkeypatch):
    """Leave no project behind: neither where Python looks for modules, nor among them, nor its data."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr(data, "menu", dict(data.menu))
    yield
    forget("mine", "parts", "waves")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The project of docs/own-scripts.md with one run, which nobody changes. Its package is called `mine`."""
    project = own_project.put(tmp_path_factory.mktemp("own")) / "mine"
    (project.parent / "experiments").rename(project)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "path", [str(project.parent), *sys.path])
        patch.setattr(data, "menu", dict(data.menu))
        script = importlib.import_module("mine.waves")
        runs = ["--runs-dir", str(project.parent / "runs")]
        assert launch.main(script.Config, script.build, [*FLAGS, *runs]) == 0
        forget("mine")
    return project.parent


@pytest.fixture
def project(made, tmp_path):
    """A copy to change. It was moved, so the script is where the run folder says, not where it was."""
    return shutil.copytree(made, tmp_path / "project")


@pytest.fixture
def run(project):
    (path,) = project.glob("runs/waves/*")
    return path


def line(capfd, *argv) -> str:
    """The one line of a verb that fails."""
    capfd.readouterr()
    assert cli.main([str(word) for word in argv]) == 2
    (said,) = [x for x in capfd.readouterr().err.splitlines() if x.startswith("error: ")]
    return said


def test_a_run_says_where_its_script_is_and_what_it_was(made):
    (path,) = made.glob("runs/waves/*")
    stored, manifest = Run(path).read("config.json"), Run(path).read("manifest.json")
    where = {"module": "mine.waves", "file": str(made / "mine" / "waves.py"), "beside": "../../../mine/waves.py"}
    assert (stored["experiment"], stored["script"], manifest["script"]) == ("mine.waves", where, where)
    assert set(stored) == {"schema", "experiment", "config", "script"}  # to older versions one entry more
    digests = manifest["sessions"][0]["script"]
    assert set(digests) == {"mine/__init__.py", "mine/parts.py", "mine/waves.py"}


def test_without_trust_one_line_says_what_to_do(run, project, capfd):
    said = line(capfd, "verify", run)
    assert f"trained by the script {project / 'mine' / 'waves.py'}" in said
    assert "--trust, in Python trust=True, imports it" in said
    assert line(capfd, "reproduce", run, "--steps", "1") == said
    assert line(capfd, "apply", run, "--task", "encode", "--input", "x.npy", "--output", "z.npy") == said
    with pytest.raises(ConfigError, match="trust=True"):
        aelab.load(run)
    assert "mine.waves" not in sys.modules


def test_with_trust_each_verb_reads_the_run(run, project, tmp_path, capfd):
    for verb in ("verify", "info", "compare", "report"):
        assert cli.main([verb, str(run), "--trust"]) == 0
    assert "checked (config, data, checkpoints" in capfd.readouterr().out
    assert cli.main(["reproduce", str(run), "--trust", "--steps", "1"]) == 0
    assert "the same bits at steps 0, 1" in capfd.readouterr().out
    events = data.load("waves").test.get_batch(range(2))["x"]
    np.save(tmp_path / "x.npy", events)
    words = ["--task", "encode", "--input", str(tmp_path / "x.npy"), "--output", str(tmp_path / "z.npy")]
    assert cli.main(["apply", str(run), "--trust", *words]) == 0
    model, params, _ = aelab.load(run, trust=True)
    np.testing.assert_allclose(np.load(tmp_path / "z.npy"), model.encode(params, events).mode, rtol=1e-5, atol=1e-6)
    assert Path(sys.modules["mine.waves"].__file__).is_relative_to(project)  # not where it was


@SAID
def test_a_changed_module_is_named_and_the_run_is_read(run, project, capfd):
    with (project / "mine" / "parts.py").open("a") as file:
        file.write("# a remark\n")
    assert cli.main(["verify", str(run), "--trust"]) == 0
    (said,) = [x for x in capfd.readouterr().err.splitlines() if x.startswith("warning: ")]
    assert said.endswith(f"{project / 'mine' / 'parts.py'} has changed since it trained this run")
    assert cli.main(["reproduce", str(run), "--trust", "--steps", "1"]) == 0
    assert "changed: script.mine/parts.py: " in capfd.readouterr().out
    with pytest.warns(UserWarning, match="has changed"):
        aelab.load(run, trust=True)


@SAID
def test_a_changed_recipe_is_no_fault_of_the_machine(run, project, capfd):
    parts = project / "mine" / "parts.py"
    parts.write_text(parts.read_text().replace("hyper.beta * size", "hyper.beta * size**2"))
    assert cli.main(["reproduce", str(run), "--trust", "--steps", "1"]) == 6
    assert "it is another recipe: script.mine/parts.py" in capfd.readouterr().err.splitlines()[-1]


@SAID
def test_a_script_that_was_moved_goes_by_its_path(run, project, made, capfd, monkeypatch):
    (project / "mine").rename(project / "methods")
    edit(run, "config.json", lambda stored: stored["script"].update(file="/nowhere/mine/waves.py"))
    said = line(capfd, "verify", run, "--trust")
    assert "trained by the script /nowhere/mine/waves.py, which is no longer there; give its path with --script" in said
    lone = project / "methods" / "waves.py"
    text = lone.read_text()
    assert "cannot import what it needs (attempted relative import" in line(capfd, "verify", run, "--script", lone)
    lone.write_text(text.replace("from .parts", "from parts"))  # no part of a package now
    forget()
    assert cli.main(["verify", str(run), "--script", str(lone)]) == 0
    assert f"{lone} has changed" in capfd.readouterr().err
    assert "gone.py, which is not there" in line(capfd, "verify", run, "--script", "gone.py")


def test_a_script_that_cannot_be_imported_is_one_line(run, project, capfd):
    (project / "mine" / "waves.py").write_text("import no_such_thing\n")
    with pytest.warns(UserWarning, match="has changed"), pytest.raises(ConfigError) as said:
        aelab.load(run, trust=True)
    assert "(ModuleNotFoundError: No module named 'no_such_thing')" in str(said.value)
    (project / "mine" / "waves.py").write_text("Config = 3\n")
    forget("mine")
    with pytest.warns(UserWarning, match="has changed"), pytest.raises(ConfigError, match="needs a `Config` and"):
        aelab.load(run, trust=True)


def test_another_package_of_that_name_is_not_taken_for_it(run, tmp_path, monkeypatch):
    other = tmp_path / "other" / "mine"
    other.mkdir(parents=True)
    (other / "__init__.py").touch()
    monkeypatch.syspath_prepend(str(other.parent))
    importlib.import_module("mine")
    with pytest.raises(ConfigError, match=f"a package mine of {other.parent} is imported already"):
        aelab.load(run, trust=True)


@SAID
def test_runs_that_only_say_a_name_are_read_where_python_finds_it(run, project, capfd, monkeypatch):
    """As all runs did before they said where their script is."""
    for name in ("config.json", "manifest.json"):
        edit(run, name, lambda stored: stored.pop("script"))
    edit(run, "manifest.json", lambda stored: stored["sessions"][0].pop("script"))
    assert "trained by the script mine.waves, which is no part of aelab; --trust" in line(capfd, "verify", run)
    assert "give its path with --script" in line(capfd, "verify", run, "--trust")
    assert cli.main(["verify", str(run), "--script", str(project / "mine" / "waves.py")]) == 0
    forget("mine")
    monkeypatch.chdir(project)
    assert cli.main(["verify", str(run), "--trust"]) == 0


@pytest.mark.parametrize("script", [3, {"file": 3}, {"file": "a\0b"}, {"beside": "x" * 5000}, {"module": "os"}, {}])
def test_whatever_is_said_of_a_script_is_one_line(run, capfd, script):
    edit(run, "config.json", lambda stored: stored.update(script=script))
    assert str(run / "config.json") in line(capfd, "verify", run)
    assert str(run / "config.json") in line(capfd, "verify", run, "--trust")


def test_a_run_of_ours_loads_by_either_name(finished, copy):
    expected = aelab.load(finished)[2]
    edit(copy, "config.json", lambda stored: stored.update(experiment="aelab.experiments.vae"))
    assert aelab.load(copy)[2] == expected
    assert type(expected) is vae.Config


def test_a_strangers_script_of_our_name_is_not_ours(copy, capfd):
    """It says where it is, so its name alone opens no door."""
    edit(copy, "config.json", lambda stored: stored.update(script={"file": "/home/me/experiments/vae.py"}))
    assert "the script /home/me/experiments/vae.py, which is no part of aelab" in line(capfd, "verify", copy)


def test_the_same_command_goes_on_and_notes_a_script_that_has_changed(run, project, monkeypatch):
    monkeypatch.syspath_prepend(str(project))
    (run / "summary.json").unlink()
    edit(run, "status.json", lambda status: status.update(state="running"))
    shutil.rmtree(max((run / "checkpoints").iterdir(), key=lambda path: int(path.name)))
    with (project / "mine" / "parts.py").open("a") as file:
        file.write("# a remark\n")
    script = importlib.import_module("mine.waves")
    assert launch.main(script.Config, script.build, [*FLAGS, "--runs-dir", str(project / "runs")]) == 0
    stored, sessions = Run(run).read("config.json"), Run(run).read("manifest.json")["sessions"]
    assert stored["script"]["file"] == str(project / "mine" / "waves.py")  # where it is now
    assert [name for name in sessions[0]["script"] if sessions[0]["script"][name] != sessions[1]["script"][name]] == [
        "mine/parts.py"
    ]


@pytest.mark.ci
def test_a_run_starts_from_another_of_the_same_script(run, project, monkeypatch, tmp_path):
    """The script runs anyway, so no word is needed to trust it."""
    monkeypatch.syspath_prepend(str(project))
    script = importlib.import_module("mine.waves")
    words = [*FLAGS, "--seed", "1", "--init-from", str(run), "--runs-dir", str(tmp_path)]
    assert launch.main(script.Config, script.build, words) == 0


def test_a_sweep_takes_a_name_a_module_or_a_file(project, monkeypatch):
    monkeypatch.chdir(project)
    assert find_script("vae")[:2] == ("experiments.vae", vae.Config)
    named = find_script("mine.waves")
    assert (named.name, named.start) == ("mine.waves", ("-m", "mine.waves"))
    (project / "lone.py").write_text("from mine.waves import Config, build\n")
    lone = find_script("lone.py")
    assert (lone.name, lone.start) == ("project.lone", ("lone.py",))
    for word, said in (("gone.py", "cannot be imported"), ("mine.parts", "needs a `Config` and a `build`")):
        with pytest.raises(ConfigError, match=said):
            find_script(word)


@pytest.mark.ci
def test_a_population_of_an_own_script_notes_it_for_each_member(project, monkeypatch, tmp_path):
    monkeypatch.chdir(project)
    script = find_script("mine.waves")
    configs = [script.kind(epochs=1, batch_size=300, beta=beta, runs_dir=tmp_path) for beta in (0.1, 1.0)]
    assert population.train(script.name, configs, script.build) == [None, None]
    for path in tmp_path.glob("waves/*"):
        assert Run(path).read("config.json")["script"]["module"] == "mine.waves"
        session = Run(path).read("manifest.json")["sessions"][0]
        assert set(session["script"]) == {"mine/__init__.py", "mine/parts.py", "mine/waves.py"}
        assert session["population"]["alone"].startswith("python -m mine.waves --")


def test_settings_of_ours_with_a_build_of_ones_own_are_a_script_of_ones_own(project):
    """`Config` is imported from experiments.vae; what decides is who wrote one of the two."""
    mine = ModuleType("lone")
    mine.__file__ = str(project / "lone.py")
    sys.modules["lone"] = mine
    try:
        exec("def build(config, spec): ...", vars(mine))
        assert scripts.own_script(mine.build, vae.Config) is mine
        assert scripts.own_script(vae.build, vae.Config) is None
    finally:
        del sys.modules["lone"]


def test_a_projects_own_package_does_not_hide_our_scripts(tmp_path):
    """In a checkout as in a wheel: `experiments` of the current folder comes first, `aelab.experiments` is ours."""
    (tmp_path / "experiments").mkdir()
    (tmp_path / "experiments" / "__init__.py").write_text("raise SystemExit('executed')\n")
    env = one_device() | {"PYTHONPATH": str(own_project.ROOT)}
    command = [sys.executable, "-m", "aelab.experiments.vae", "--help"]
    done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "usage: python -m aelab.experiments.vae" in done.stdout


def test_the_verb_and_the_script_plan_one_sweep(tmp_path, capfd):
    words = ["vae", "data=digits beta=0.5,4", "--runs-dir", str(tmp_path), "--dry-run"]
    assert cli.main(["sweep", *words]) == 0
    verb = capfd.readouterr().out
    assert launch.command(sweep.Config, sweep.run, words) == 0
    assert verb == capfd.readouterr().out
    assert len(verb.splitlines()) == 2
    assert cli.main(["sweep", "vea", "beta=1"]) == 2
    assert "no such script in experiments; nearest: vae; one of your own goes by its path" in capfd.readouterr().err


def test_train_takes_the_flags_of_the_script(project, monkeypatch, tmp_path, capfd):
    monkeypatch.chdir(project)
    words = ["--beta", "0.5", "--seed", "3", "--runs-dir", str(tmp_path), "--dry-run"]
    assert cli.main(["train", "mine.waves", *words]) == 0
    assert f"run folder: {tmp_path / 'waves' / 'waves-mlp-z6-'}" in capfd.readouterr().out
    assert cli.main(["train", "mine.waves", "--bta", "1"]) == 2
    assert "--bta" in capfd.readouterr().err
    assert cli.main(["train", "gone.py"]) == 2
    assert cli.main(["train"]) == 2
    assert "required: SCRIPT; see aelab train --help" in capfd.readouterr().err


def test_our_settings_and_a_build_of_ones_own_train_a_run_of_ones_own(tmp_path, capfd):
    """Not one that is recorded as `experiments.vae`, which would be loaded with another build."""
    lone = tmp_path / "lone.py"
    lone.write_text("from experiments.vae import Config\nfrom experiments import vae\n")
    with lone.open("a") as file:
        file.write("def build(config, spec):\n    return vae.build(config, spec)\n")
    assert cli.main(["train", str(lone), "--data", "digits", "--runs-dir", str(tmp_path), "--dry-run"]) == 0
    assert f"run folder: {tmp_path / 'lone' / 'digits-mlp-z'}" in capfd.readouterr().out


def test_a_digest_is_that_of_the_file(project):
    stated = {"module": "mine.waves", "file": str(project / "mine" / "waves.py")}
    noted = own_scripts.digests(stated)
    assert set(noted) == {"mine/waves.py"}  # nothing else of it is imported
    assert own_scripts.changes(noted, stated, project / "mine" / "waves.py") == []
    assert json.loads(json.dumps(noted)) == noted
