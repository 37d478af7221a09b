"""A command line that cannot be carried out: how it is given, and what spoils the folder that it is given in."""

import contextlib
import fcntl
import io
import json
import os
import shlex
import shutil
import warnings
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

LABELLED = "a,b,label\n" + "".join(f"{i},{i * i},{'xy'[i % 2]}\n" for i in range(12))
OWN = "train autoencoder --data csv:a.csv --corruption gaussian --noise 0.1 --condition label --validation 0 "
OWN += "--runs-dir . --epochs 1 --widths 4 --latent-dim 1 --batch-size 9"


class Command(NamedTuple):
    """A command line, given in an empty folder that `make` has filled.

    `run` there is a copy of a finished run, or where `own` says so of a run on labelled rows of `a.csv`, with the file.
    """

    what: str  # is wrong, a few words for the table
    words: str  # what follows `aelab`, or the whole line if it begins with `python -m`
    make: Callable[[Path], Any] = lambda finished: None
    slow: bool = False  # steps are taken
    own: bool = False


def provoked(case: Command, folder: Path, finished: Path, labelled: Path) -> tuple[int, str]:
    """The exit code and the error line of a case.

    Raises:
        AssertionError: it ends well, or in several lines.
    """
    said = io.StringIO()
    quiet = contextlib.redirect_stdout(io.StringIO())
    with contextlib.chdir(folder), contextlib.redirect_stderr(said), quiet, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of checkpoints that are passed over
        if case.own:
            shutil.copytree(labelled, ".", dirs_exist_ok=True)
            shutil.copytree(next(Path("autoencoder").iterdir()), "run")
        elif "run" in case.words.split():
            shutil.copytree(finished, "run")
        held = case.make(finished)
        code = started(*shlex.split(case.words))
        if held is not None:
            held.close()
    lines = [line for line in said.getvalue().splitlines() if line.startswith("error: ")]
    assert code, f"{case.what}: it ends well"
    assert len(lines) == 1, (case.what, said.getvalue())
    assert "Traceback" not in said.getvalue()
    return code, lines[0].removeprefix("error: ").replace(str(folder), "…")


def started(*words: str) -> int:
    """The exit code of what follows `aelab`, or of the script of a table that follows `python -m`."""
    from aelab import cli
    from aelab.runner import launch

    if words[:2] != ("python", "-m"):
        return cli.main(list(words))
    script = import_module(words[2])
    return launch.command(script.Config, script.run, words[3:])


def text(name: str, content: str) -> Callable[[Path], Any]:
    def write(_: Path) -> None:
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text(content, encoding="utf-8")

    return write


def array(name: str, *shape: int, value: float = 0.0, dtype: Any = float) -> Callable[[Path], Any]:
    return lambda _: np.save(name, np.full(shape, value, dtype))


def edited(name: str, change: Callable[[dict], Any]) -> Callable[[Path], Any]:
    """A JSON file of the run, after `change` was let loose on what stands in it."""

    def edit(_: Path) -> None:
        path = Path("run", name)
        value = json.loads(path.read_text())
        change(value)
        path.write_text(json.dumps(value))

    return edit


def setting(**fields: Any) -> Callable[[Path], Any]:
    """The config of the run with other fields."""
    return edited("config.json", lambda stored: stored["config"].update(fields))


def removed(*names: str) -> Callable[[Path], Any]:
    def remove(_: Path) -> None:
        for name in names:
            path = Path("run", name)
            shutil.rmtree(path) if path.is_dir() else path.unlink()

    return remove


def damaged(_: Path) -> None:
    """Every file of every checkpoint has other bytes in its middle."""
    for path in [*Path("run/checkpoints").rglob("*"), *Path("run/best").rglob("*")]:
        if path.is_file() and path.stat().st_size > 60:
            content = bytearray(path.read_bytes())
            content[30:60] = bytes(30)
            path.write_bytes(content)


def locked(finished: Path) -> Any:
    """Another process holds the lock of the run, as far as the lock can tell."""
    folder = Path("vae", finished.name)
    folder.mkdir(parents=True)
    lock = (folder / "lock").open("a+")
    fcntl.flock(lock, fcntl.LOCK_EX)
    lock.write("process 7 on another machine")
    lock.flush()
    return lock


def linked(_: Path) -> None:
    Path("run/config.json").rename("config.json")
    os.symlink("../config.json", "run/config.json")


def labelled(folder: Path) -> Path:
    """A folder with a.csv and a run on it, below autoencoder/."""
    from aelab import cli

    folder.mkdir(parents=True)
    with contextlib.chdir(folder):
        text("a.csv", LABELLED)(folder)
        assert cli.main(shlex.split(OWN)) == 0
    return folder
