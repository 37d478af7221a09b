"""A folder is there whole, made once, or it is not there."""

import os
from concurrent.futures import ThreadPoolExecutor

import pytest

from aelab.data.folder import make_folder
from aelab.errors import StorageError


def write(part):
    (part / "a").write_text("whole")


def test_it_is_made_once(tmp_path):
    assert make_folder(tmp_path / "new" / "set", write)
    assert not make_folder(tmp_path / "new" / "set", lambda part: pytest.fail("made twice"))
    assert [path.name for path in tmp_path.rglob("*")] == ["new", "set", "a"]


def test_of_many_at_once_one_makes_it(tmp_path):
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: make_folder(tmp_path / "set", write), range(8)))
    assert made.count(True) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["set"]


def test_where_one_fails_the_next_in_line_makes_it(tmp_path):
    tries = []

    def fails_first(part):
        tries.append(part)
        if len(tries) == 1:
            raise ValueError
        write(part)

    def attempt(_):
        try:
            return make_folder(tmp_path / "set", fails_first)
        except ValueError:
            return None

    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(attempt, range(4)))
    assert sorted(map(str, made)) == ["False", "False", "None", "True"]
    assert (tmp_path / "set" / "a").read_text() == "whole"


@pytest.mark.parametrize("finishes", [True, False])
def test_it_may_vanish_before_it_is_opened(tmp_path, monkeypatch, finishes):
    """Another process finishes the folder, or gives it up, between the two lines that make and open it."""
    opened = os.open

    def vanishes(path, *args):
        monkeypatch.undo()
        path.rename(tmp_path / "set") if finishes else path.rmdir()
        return opened(path, *args)

    monkeypatch.setattr(os, "open", vanishes)
    assert make_folder(tmp_path / "set", write) != finishes


def test_it_may_be_finished_after_a_look(tmp_path, monkeypatch):
    looked, looks = type(tmp_path).exists, []

    def finished_after(path):
        looks.append(path)
        if len(looks) > 1:
            return looked(path)
        found = looked(path)
        make_folder(tmp_path / "set", write)
        return found

    monkeypatch.setattr(type(tmp_path), "exists", finished_after)
    assert not make_folder(tmp_path / "set", lambda part: pytest.fail("made twice"))
    assert [path.name for path in tmp_path.iterdir()] == ["set"]


def test_a_file_in_its_place_is_said(tmp_path):
    (tmp_path / ".set.part").write_text("a file")
    with pytest.raises(StorageError, match="Not a directory"):
        make_folder(tmp_path / "set", write)


def test_what_a_killed_process_left_is_made_anew(tmp_path):
    (tmp_path / ".set.part").mkdir()
    (tmp_path / ".set.part" / "half").write_text("half")
    assert make_folder(tmp_path / "set", write)
    assert [path.name for path in tmp_path.rglob("*")] == ["set", "a"]


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full")
def test_a_full_disk_is_said_and_leaves_nothing(tmp_path):
    def fills(part):
        (part / "a").symlink_to("/dev/full")
        write(part)

    with pytest.raises(StorageError, match="No space left"):
        make_folder(tmp_path / "set", fills)
    assert list(tmp_path.iterdir()) == []
