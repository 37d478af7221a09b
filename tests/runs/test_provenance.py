"""The fingerprint of a run names the code that trained it: its sources, their commit, and what was changed since."""

import hashlib
import subprocess

import pytest

from aelab.runs import provenance


def test_the_digest_of_the_code_covers_the_library_and_the_scripts():
    expected = hashlib.sha256()
    for room in ("aelab", "experiments"):
        paths = sorted(str(path.relative_to(provenance.ROOT)) for path in (provenance.ROOT / room).rglob("*.py"))
        assert paths, f"no sources of {room}"
        for path in paths:
            if path != "aelab/experiments.py" and not path.startswith("experiments/bench/"):
                expected.update(f"{path} ".encode() + (provenance.ROOT / path).read_bytes())
    assert provenance.code()["sha256"] == expected.hexdigest()


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """A small checkout with one commit."""
    monkeypatch.setattr(provenance, "ROOT", tmp_path)
    (tmp_path / "aelab").mkdir()
    (tmp_path / "aelab" / "one.py").write_text("ONE = 1\n")
    for words in ("init -q", "add .", "-c user.name=a -c user.email=a@b commit -q -m one"):
        subprocess.run(["git", "-C", tmp_path, *words.split()], check=True)
    return tmp_path


def test_a_clean_checkout_is_its_commit(checkout):
    code = provenance.code()
    assert len(code["commit"]) == 40
    assert code["changes_sha256"] is None


@pytest.mark.parametrize("name", ["one.py", "new.py"])
def test_what_was_changed_since_the_commit_is_kept_as_a_patch(checkout, name):
    (checkout / "aelab" / name).write_text("ONE = 11\n")
    patch = provenance.changes()
    assert "+ONE = 11" in patch
    assert provenance.code()["changes_sha256"] == hashlib.sha256(patch.encode()).hexdigest()


def test_sources_outside_a_checkout_have_no_commit(tmp_path, monkeypatch):
    monkeypatch.setattr(provenance, "ROOT", tmp_path)
    assert provenance.changes() is None
    assert provenance.code()["commit"] is None
