"""What `import aelab` offers a user's own script: `load` and `launch`, imported when they are first used."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import aelab

ROOT = Path(__file__).parents[1]
SCRIPT = '''
"""A script of a user, in a folder of its own."""

from dataclasses import dataclass

from aelab import launch
from experiments import autoencoder


@dataclass(frozen=True)
class Config(autoencoder.Config):
    """A narrower code than that of the script it starts from."""

    latent_dim: int = 3


build = autoencoder.build

if __name__ == "__main__":
    raise SystemExit(launch.main(Config, build))
'''


def test_launch_and_load_are_those_of_their_rooms():
    from aelab import launch, load
    from aelab.runner import launch as in_its_room
    from aelab.runs.load import load as in_its_file

    assert launch is in_its_room
    assert load is in_its_file
    assert {"launch", "load"} <= set(aelab.__all__)


def test_sets_are_there_without_another_import():
    code = "import aelab; print(aelab.data.load('digits'))"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert said.splitlines() == [
        "digits",
        "train: ArraySource(1,437 events of shape (8, 8, 1), uint8 from 0 to 16)",
        "validation: ArraySource(180 events of shape (8, 8, 1), uint8 from 0 to 16)",
        "test: ArraySource(180 events of shape (8, 8, 1), uint8 from 0 to 16)",
    ]


def test_what_aelab_does_not_offer_is_said():
    with pytest.raises(AttributeError, match="module 'aelab' has no attribute 'lunch'"):
        aelab.lunch  # noqa: B018


@pytest.fixture
def script(tmp_path):
    path = tmp_path / "proj" / "mine.py"
    path.parent.mkdir()
    path.write_text(SCRIPT)
    return path


def test_the_help_of_a_users_script_needs_no_jax(script, tmp_path):
    stub = tmp_path / "stub" / "jax" / "__init__.py"
    stub.parent.mkdir(parents=True)
    stub.write_text("raise ImportError('help needs no jax')")
    env = os.environ | {"PYTHONPATH": f"{stub.parents[1]}{os.pathsep}{ROOT}"}
    done = subprocess.run([sys.executable, str(script), "--help"], capture_output=True, text=True, env=env)
    assert done.returncode == 0, done.stderr
    assert "--latent-dim" in done.stdout


@pytest.mark.ci
def test_a_users_script_trains_a_run_that_names_the_script(script, tmp_path):
    command = [sys.executable, str(script), "--smoke", "--runs-dir", str(tmp_path / "runs"), "--json"]
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, capture_output=True, text=True, env=env)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["status"] == "done"
    (run,) = (tmp_path / "runs" / "mine").iterdir()
    assert json.loads((run / "config.json").read_text())["experiment"] == "proj.mine"


@pytest.mark.ci
def test_loading_a_run_imports_nothing_that_draws_prepares_or_compares(tmp_path):
    """What the page about installing says a load weighs."""
    launch = ["--smoke", "--importance-samples", "0", "--figures", "none", "--runs-dir", str(tmp_path)]
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, "-m", "experiments.vae", *launch], check=True, capture_output=True, env=env)
    (run,) = (tmp_path / "vae").iterdir()
    heavy = {"scipy", "sklearn", "skimage", "matplotlib", "tensorflow_datasets", "PIL", "pyarrow"}
    code = f"import sys, aelab; aelab.load({str(run)!r}); sys.exit(', '.join({heavy} & sys.modules.keys()) or 0)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=env)
    assert done.returncode == 0, done.stderr
