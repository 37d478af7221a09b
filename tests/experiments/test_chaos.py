"""A short measurement of what survives; `make chaos` is the long one."""

import json
import subprocess
import sys

import pytest
from environment import one_device

from experiments.bench import chaos, trials


def measure(folder, **trials):
    """In a process of its own: the harness must not have started JAX."""
    flags = [word for name, value in trials.items() for word in ("--" + name.replace("_", "-"), str(value))]
    command = [sys.executable, "-m", "experiments.bench.chaos", "--runs-dir", str(folder), "--json", *flags]
    done = subprocess.run(command, capture_output=True, text=True, env=one_device())
    assert done.returncode == 0, done.stdout + done.stderr
    return {row["kind"]: row for row in json.loads(done.stdout.splitlines()[-1])["rows"]}


NO_MOUNTS = {"disks": 0, "read_only": 0}  # they need root
SHORT = {
    "kills": 1,
    "stops": 0,
    "seconds": 1,
    "damages": 10,
    "races": 1,
    "disks": 0,
    "read_only": 0,
    "limits": 1,
    "removals": 0,
    "epochs": 8,
}
LONG = {
    "kills": 16,
    "stops": 4,
    "seconds": 4,
    "damages": 200,
    "races": 4,
    "disks": 0,
    "read_only": 0,
    "limits": 8,
    "removals": 4,
    "epochs": 25,
}


@pytest.mark.ci
def test_whatever_happens_to_a_run_it_ends_as_an_undisturbed_one(tmp_path):
    rows = measure(tmp_path, **SHORT, nets="mlp")
    assert {kind: row["trials"] for kind, row in rows.items()} == {
        "kill": 1,
        "second process": 1,
        "damage": 10,
        "race": 1,
        "small files": 1,
    }
    assert all(row["ok"] == row["trials"] for row in rows.values())


@pytest.mark.long
def test_every_net_survives(tmp_path):
    rows = measure(tmp_path, **LONG)
    assert all(row["ok"] == row["trials"] for row in rows.values())


@pytest.mark.long
def test_two_processes_end_together_whatever_happens_to_one_of_them(tmp_path):
    rows = measure(tmp_path, processes=2, kills=2, stops=2, disks=0, pauses=1, epochs=8, nets="mlp")
    assert len(rows) == 4
    assert all(row["ok"] == row["trials"] for row in rows.values())


def test_the_longest_wait_stands_behind_the_notes():
    assert chaos.remarks({"notes": {"b": 1, "a": 2}, "longest": 7.1}) == ["2 a", "1 b", "ended within 8 s"]
    assert chaos.remarks({"notes": {}}) == []


def test_kinds_that_are_not_tried_again_keep_what_they_were_made_by():
    old = {"command": "a", "fingerprint": 1, "rows": [{"kind": "kill", "ok": 1}, {"kind": "stop", "ok": 2}]}
    new = {"command": "b", "fingerprint": 2, "rows": [{"kind": "stop", "ok": 3}]}
    both = chaos.merged(old, new)
    assert both["rows"] == [{"kind": "kill", "ok": 1, "command": "a", "fingerprint": 1}, {"kind": "stop", "ok": 3}]
    assert chaos.merged(both, {**new, "command": "c"})["rows"] == both["rows"]


def test_spoiling_changes_exactly_one_file(tmp_path):
    import random

    for name in ("a", "b/c"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(bytes(range(1, 100)))
    from experiments.bench.disturbances.damage import spoil

    said = spoil(tmp_path, random.Random(1))
    whole = [n for n in ("a", "b/c") if (tmp_path / n).exists() and (tmp_path / n).read_bytes() == bytes(range(1, 100))]
    assert len(whole) == 1
    assert whole[0] not in said
    assert set(trials.NETS) == {"mlp", "conv", "lstm", "transformer"}
