"""The project of docs/own-scripts.md: its files, and the session in its folder."""

import re
import subprocess
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "own-scripts.md").read_text()
FILES = dict(
    re.findall(r"`(experiments/\w+\.py)`[^`]*?(?:`[^`]*`[^`]*?)*\n\n```python\n(.*?)^```$", TEXT, re.DOTALL | re.M)
)
MARK = "@@ command"


class Step(NamedTuple):
    """A command of the session, and the lines that the page shows of what it says."""

    command: str
    shown: list[str]


def put(folder: Path) -> Path:
    """Write the project into a folder."""
    for name, code in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(code)
    return folder


def session(text: str = TEXT) -> list[Step]:
    """The commands of a page, in their order."""
    steps = []
    for line in "".join(re.findall(r"^```console\n(.*?)^```$", text, re.DOTALL | re.M)).splitlines():
        if line.startswith("$ "):
            steps.append(Step(line.removeprefix("$ "), []))
        else:
            steps[-1].shown.append(line)
    return steps


def play(steps: list[Step], project: Path, env: dict[str, str]) -> list[str]:
    """Run the commands in one shell; gives what each said, on stdout and stderr together."""
    script = "".join(f"echo; echo '{MARK}'\n{step.command}\n" for step in steps)
    done = subprocess.run(
        ["bash"], input=script, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=project, env=env
    )
    return done.stdout.split(MARK + "\n")[1:]


def missing(step: Step, said: str) -> list[str]:
    """The lines of the page that are not among those that were said, in their order; `…` stands for anything."""
    lines = iter(said.splitlines())
    patterns = [".*".join(map(re.escape, line.split("…"))) for line in step.shown]
    return [
        shown for shown, form in zip(step.shown, patterns, strict=True) if not any(re.fullmatch(form, x) for x in lines)
    ]
