"""Every script in experiments/ runs."""

import json
import runpy
import sys
from pathlib import Path

import pytest

SCRIPTS = sorted(
    path.stem for path in (Path(__file__).parents[2] / "experiments").glob("*.py") if not path.stem.startswith("_")
)
# The middle tier, `.ci/run`, runs all but the long ones, whose many nets take up to a minute each to compile.
# The sweep has fast tests of its own.
LONG = ("architectures", "classify", "denoise", "dictionaries", "family", "generate", "m2", "mae")
LONG += ("occlusion", "one_class", "quadrants", "sweep", "tokenizers", "vae_gan", "code_prior", "generators")
LONG += ("impute", "defaults")
MARKS = {"autoencoder": (), "vae": (), **dict.fromkeys(LONG, pytest.mark.long)}


def test_the_scripts_are_found():
    assert {"autoencoder", "vae"} <= set(SCRIPTS)


@pytest.mark.parametrize("script", [pytest.param(s, marks=MARKS.get(s, pytest.mark.ci)) for s in SCRIPTS])
def test_smoke(script, tmp_path, capfd, monkeypatch):
    monkeypatch.setattr(sys, "argv", [script, "--smoke", "--json", "--runs-dir", str(tmp_path)])
    monkeypatch.delitem(sys.modules, f"experiments.{script}", raising=False)
    with pytest.raises(SystemExit) as end:
        runpy.run_module(f"experiments.{script}", run_name="__main__", alter_sys=True)
    assert end.value.code == 0
    summary = json.loads(capfd.readouterr().out.splitlines()[-1])
    assert summary["status"] == "done"
    assert {row["step"] for row in summary.get("rows", [summary])} == {2}  # of a table, every row is a run
