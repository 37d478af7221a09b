"""docs/own-scripts.md: a project with a package `experiments` of its own, with aelab installed from a wheel."""

import json
import os
import re
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import own_project
import pytest
from environment import one_device

ROOT = Path(__file__).parents[1]
PROGRAMS = {
    "python": '#!/bin/sh\nexec {python} "$@"\n',
    "aelab": "#!{python}\nfrom aelab.cli import main\nraise SystemExit(main())\n",
}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """aelab as `pip install` gets it."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return next(folder.glob("*.whl"))


def test_the_project_is_on_the_page():
    assert list(own_project.FILES) == [f"experiments/{name}.py" for name in ("__init__", "parts", "waves")]
    commands = " ".join(step.command for step in own_project.session())
    for word in ("kill -9", "sweep", "verify", "apply", "reproduce", "--trust"):
        assert word in commands


def test_lines_of_the_page_are_looked_for_in_their_order():
    step = own_project.Step("", ["a…c", "d"])
    assert own_project.missing(step, "x\nabc\nd\n") == []
    assert own_project.missing(step, "d\nabc\n") == ["d"]
    assert own_project.missing(step, "abcd\n") == ["a…c", "d"]


def on_path(tree: Path, programs: Path) -> dict[str, str]:
    """An environment whose `python` and `aelab` are those of this process, with the tree before all else."""
    programs.mkdir()
    for name, text in PROGRAMS.items():
        (programs / name).write_text(text.format(python=sys.executable))
        (programs / name).chmod(0o755)
    path = f"{programs}{os.pathsep}{os.environ['PATH']}"
    return one_device() | {"PYTHONPATH": str(tree), "PATH": path}


@pytest.fixture
def installed(wheel, tmp_path):
    """The wheel unpacked onto the path, as an environment for commands."""
    zipfile.ZipFile(wheel).extractall(tmp_path / "tree")
    return on_path(tmp_path / "tree", tmp_path / "bin")


TINY = "--epochs 2 --batch-size 300"
SHORT = [
    own_project.Step("aelab train vae --smoke --importance-samples 2", ["report: runs/vae/…"]),
    own_project.Step("aelab verify runs/vae/*", ["…checked…"]),  # an ordinary run is not refused
    own_project.Step(f"python -m experiments.waves {TINY}", ["report: runs/waves/…"]),
    own_project.Step("aelab verify runs/waves/*", ["error: …no part of aelab; --trust…"]),
    own_project.Step("aelab verify runs/waves/* --trust", ["…checked…"]),
    own_project.Step("python -m aelab.experiments.reduce --help", ["…--codes…"]),
    own_project.Step("aelab task reduce --help", ["usage: aelab task reduce …", "…--codes…"]),
]


@pytest.mark.ci
def test_installed_the_scripts_leave_a_projects_own_package_alone(installed, tmp_path):
    """Its `experiments.vae` is executed by nobody, though the runs of ours are recorded by that name."""
    project = own_project.put(tmp_path / "project")
    (project / "experiments" / "vae.py").write_text("from pathlib import Path\nPath('executed').touch()\n")
    said = own_project.play(SHORT, project, installed)
    assert [own_project.missing(step, words) for step, words in zip(SHORT, said, strict=True)] == [[]] * len(SHORT), (
        said
    )
    assert not (project / "executed").exists()
    (ours,) = project.glob("runs/vae/*/config.json")
    assert json.loads(ours.read_text())["experiment"] == "experiments.vae"
    assert "script" not in json.loads(ours.read_text())


@pytest.mark.ci
def test_a_wheel_and_the_checkout_are_the_same_code(installed):
    """And each recognises the scripts as its own."""
    code = "from aelab.runs import provenance, scripts; print(provenance.code()['sha256'], scripts.package())"
    there, here = (
        subprocess.run(
            [sys.executable, "-c", code], cwd=cwd, env=env, capture_output=True, text=True, check=True
        ).stdout
        for cwd, env in (("/", installed), ("/", one_device() | {"PYTHONPATH": str(ROOT)}))
    )
    assert there == here


@pytest.fixture
def fresh(wheel, tmp_path):
    """A new environment with the wheel in it; what aelab needs is read from where this process has it."""
    venv.create(tmp_path / "venv", symlinks=True)
    (packages,) = (tmp_path / "venv" / "lib").glob("python3*/site-packages")
    (packages / "needed.pth").write_text(f"{sysconfig.get_path('purelib')}\n")  # `.pth` files in there are not read
    python = tmp_path / "venv" / "bin" / "python"
    install = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "--no-deps", "--no-index"]
    subprocess.run([*install, str(wheel)], check=True, capture_output=True)
    env = {name: value for name, value in one_device().items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}
    return env | {"PATH": f"{python.parent}{os.pathsep}{os.environ['PATH']}"}


@pytest.mark.long
def test_the_session_of_the_page(fresh, tmp_path):
    project, steps = own_project.put(tmp_path / "project"), own_project.session()
    where = "python -c 'import aelab; print(aelab.__file__)'"
    (place,) = own_project.play([own_project.Step(where, [])], project, fresh)
    assert str(tmp_path / "venv") in place
    said = own_project.play(steps, project, fresh)
    lost = {
        step.command: (gone, words)
        for step, words in zip(steps, said, strict=True)
        if (gone := own_project.missing(step, words))
    }
    assert not lost


@pytest.mark.long
def test_the_session_from_a_wheel(fresh, tmp_path):
    text = (ROOT / "docs" / "from-a-wheel.md").read_text()
    folder = tmp_path / "empty"
    folder.mkdir()
    files = re.findall(r"`(\w+\.py)`[^`]*?(?:`[^`]*`[^`]*?)*\n\n```python\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    assert [name for name, _ in files] == ["steady.py", "fitting.py", "estimating.py"]
    for name, code in files:
        (folder / name).write_text(code)
    steps = own_project.session(text)
    said = own_project.play(steps, folder, fresh)
    lost = {step.command: (own_project.missing(step, words), words) for step, words in zip(steps, said, strict=True)}
    assert not {command: found for command, found in lost.items() if found[0]}
