"""Every fault of `make mutants` can still be planted in the code as it stands today."""

import importlib.util
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "tools" / "mutants.py"


@pytest.fixture(scope="module")
def mutants():
    spec = importlib.util.spec_from_file_location("mutants", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_fault_fits_once_and_names_tests_that_exist(mutants):
    faults = mutants.load()
    assert list(mutants.misfits(faults)) == []
    assert len({(fault.file, fault.name) for fault in faults}) == len(faults) >= 60


def test_a_fault_that_no_longer_fits_is_named(mutants, tmp_path):
    (tmp_path / "a.py").write_text("x = 1\nx = 1\n")
    made = [mutants.Fault(f"fault {i}", "a.py", old, "x = 2", ("a.py",)) for i, old in enumerate(("x = 1", "y = 1"))]
    twice, never = mutants.misfits(made, tmp_path)
    assert "'fault 0' did not apply" in twice
    assert "2 times" in twice
    assert "'fault 1' did not apply" in never
