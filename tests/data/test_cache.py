"""What is decoded once is read from the cache from then on, also by several processes at once."""

import os
import subprocess
import sys

import numpy as np
import pytest

from aelab.data.arrays import ArraySource
from aelab.data.cache import cache_root, cached
from aelab.data.source import Spec
from aelab.errors import DataError


class Slow(ArraySource):
    """Counts what it decodes."""

    decoded = 0
    fingerprint = "of the files, which need not be decoded for it"

    def get_batch(self, indices):
        type(self).decoded += len(indices)
        return super().get_batch(indices)


@pytest.fixture
def slow(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    Slow.decoded = 0
    return Slow(
        np.arange(48, dtype=np.uint8).reshape(12, 4),
        np.arange(12) % 3,
        Spec((4,), "uint8", "unit", 255.0, classes=("a", "b", "c")),
    )


def test_it_is_decoded_once(slow):
    first = cached("key", slow)
    again = cached("key", slow)
    assert Slow.decoded == 12
    assert first.fingerprint == again.fingerprint == slow.fingerprint
    for source in (first, again):
        batch = source.get_batch(np.array([7, 0, 7]))
        np.testing.assert_array_equal(batch["x"], slow.x[[7, 0, 7]])
        np.testing.assert_array_equal(batch["label"], [1, 0, 1])


def test_other_keys_are_other_events(slow):
    cached("key", slow)
    other = ArraySource(slow.x[::-1], None, slow.spec)
    np.testing.assert_array_equal(cached("other key", other).get_batch(np.arange(12))["x"], slow.x[::-1])
    assert len(list(cache_root().iterdir())) == 2


@pytest.mark.parametrize("damage", ["info.json", "all-00000.npy", "all-label.npy"])
def test_what_is_damaged_is_decoded_again(slow, damage, caplog):
    cached("key", slow)
    (path,) = cache_root().glob(f"*/{damage}")
    path.write_bytes(path.read_bytes()[:-3])
    np.testing.assert_array_equal(cached("key", slow).get_batch(np.arange(12))["x"], slow.x)
    assert Slow.decoded == 24
    assert damage in caplog.text


def test_where_it_cannot_be_written_events_are_decoded_each_time(slow, monkeypatch, tmp_path, caplog):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert cached("key", slow) is slow
    assert "not kept" in caplog.text


def test_an_event_that_is_broken_is_said_and_nothing_kept(slow, monkeypatch):
    def broken(self, indices):
        raise DataError("7.png: cut off")

    monkeypatch.setattr(Slow, "get_batch", broken)
    with pytest.raises(DataError, match=r"7\.png"):
        cached("key", slow)
    assert list(cache_root().iterdir()) == []


RACE = """
import sys, time
import numpy as np
from aelab.data.arrays import ArraySource
from aelab.data.cache import cached
from aelab.data.source import Spec

class Slow(ArraySource):
    fingerprint = "of the files"

    def get_batch(self, indices):
        print("decoding", flush=True)
        time.sleep(0.5)
        if {die}:
            import os, signal
            os.kill(os.getpid(), signal.SIGKILL)
        return super().get_batch(indices)

x = np.arange(48, dtype=np.uint8).reshape(12, 4)
source = cached("key", Slow(x, None, Spec((4,), "uint8", "unit", 255.0)))
assert (source.get_batch(np.arange(12))["x"] == x).all()
"""


def start(die=False):
    return subprocess.Popen([sys.executable, "-c", RACE.replace("{die}", str(die))], stdout=subprocess.PIPE, text=True)


def test_of_several_processes_one_decodes(slow):
    processes = [start() for _ in range(4)]
    said = "".join(process.communicate(timeout=60)[0] for process in processes)
    assert [process.returncode for process in processes] == [0] * 4
    assert said == "decoding\n"
    (folder,) = cache_root().iterdir()
    assert not folder.name.startswith(".")


def test_what_a_killed_process_left_is_made_anew(slow):
    killed = start(die=True)
    killed.communicate(timeout=60)
    assert killed.returncode < 0
    assert [path.name[0] for path in cache_root().iterdir()] == ["."]
    other = start()
    other.communicate(timeout=60)
    assert other.returncode == 0
    assert os.listdir(cache_root())[0][0] != "."
