"""scikit-learn's own exam of estimators, as a whole: no check fails, is skipped or is expected to fail."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
EXAM = """
import json
from sklearn.utils.estimator_checks import check_estimator
from aelab.sklearn import Autoencoder

results = check_estimator(Autoencoder(), on_fail=None, on_skip=None)
print(json.dumps({one["check_name"]: [one["status"], str(one["exception"])] for one in results}))
"""


@pytest.mark.long
def test_no_check_fails_and_none_is_skipped():
    for frames in ("pandas", "polars"):
        pytest.importorskip(frames, reason="a check asks for it; make install has it")
    env = os.environ | {"PYTHONPATH": str(ROOT) + os.pathsep + os.environ.get("PYTHONPATH", "")}
    env["SCIPY_ARRAY_API"] = "1"  # else one check is skipped; it is read when scipy is imported
    done = subprocess.run([sys.executable, "-c", EXAM], capture_output=True, text=True, env=env)
    assert done.returncode == 0, done.stderr
    results = json.loads(done.stdout.splitlines()[-1])
    assert len(results) > 40
    assert {name: found for name, found in results.items() if found[0] != "passed"} == {}
