"""`aelab VERB RUN…`: what to do with runs that exist."""

import argparse
import json
import re
import sys
from collections.abc import Sequence
from pathlib import Path

from aelab.apply import apply
from aelab.cli import data_verbs
from aelab.compare import comparison
from aelab.config import flags
from aelab.config.spelling import nearest
from aelab.errors import AelabError, ConfigError
from aelab.runs.folder import Run


def main(argv: Sequence[str] | None = None) -> int:
    """Run a verb; gives the exit code."""
    parser = Parser(prog="aelab", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB", parser_class=Parser)
    add = verbs.add_parser("info", help="list runs with their state, score and size", description=info.__doc__)
    add.add_argument(
        "paths", nargs="*", type=Path, default=[Path("runs")], metavar="RUN", help="run folders, or folders of them"
    )
    add.add_argument("--json", action="store_true", help="one JSON object a line")
    add.set_defaults(do=lambda args: info(args.paths, as_json=args.json))
    add = verbs.add_parser("report", help="draw figures and report again", description=redraw.__doc__)
    add.add_argument("paths", nargs="+", type=Path, metavar="RUN", help="run folders, or those of sweeps")
    add.set_defaults(do=lambda args: redraw(args.paths))
    add = verbs.add_parser("compare", help="rank runs, or a sweep", description=comparison.compare.__doc__)
    add.add_argument("paths", nargs="+", type=Path, metavar="RUN", help="run folders, or the folder of a sweep")
    add.add_argument("--score", default="", help="what to rank by (test/elbo)")
    add.add_argument("--csv", action="store_true", help="a line an entry, numbers in full")
    add.add_argument("--json", action="store_true", help="one line of JSON")
    add.add_argument("--output", type=Path, help="folder for figures and report.html")
    add.set_defaults(
        do=lambda args: comparison.compare(
            args.paths, args.score, as_json=args.json, as_csv=args.csv, output=args.output
        )
    )
    add = verbs.add_parser("verify", help="hold runs against their own records", description=verify.__doc__)
    add.add_argument("paths", nargs="+", type=Path, metavar="RUN", help="run folders")
    add.add_argument("--json", action="store_true", help="one JSON object a line, with the digests restored")
    add.set_defaults(do=lambda args: verify(args.paths, as_json=args.json))
    add = verbs.add_parser("reproduce", help="train a run again and compare", description=reproduce.__doc__)
    add.add_argument("path", type=Path, metavar="RUN", help="a run folder or a manifest.json")
    add.add_argument("--steps", type=count, default=0, help="compare the first steps only")
    add.add_argument("--into", type=Path, help="folder for the new run, kept; else it is removed")
    add.add_argument("--json", action="store_true", help="one JSON object")
    add.set_defaults(do=lambda args: reproduce(args.path, args.steps, into=args.into, as_json=args.json))
    add = verbs.add_parser("apply", help="a trained run on events of your own", description=apply.apply.__doc__)
    add.add_argument("path", type=Path, metavar="RUN", help="a run folder")
    add.add_argument("--task", choices=apply.TASKS, required=True, help=", ".join(apply.TASKS))
    add.add_argument("--input", type=Path, help=".npz, .npy, .csv, a picture or a folder of them")
    add.add_argument("--output", type=Path, required=True, help=".npz, .npy, .csv or a new folder for pictures")
    add.add_argument("--hidden", type=Path, help="inpaint: like --input, 0 where all is seen; or NaN marks the holes")
    add.add_argument("--which", choices=("last", "best"), default="last", help="checkpoint: the last or the best")
    add.add_argument("--count", type=count, default=64, help="sample: how many (64)")
    add.add_argument("--seed", type=int, default=0, help="sample: of the draws (0)")
    add.set_defaults(
        do=lambda args: apply.apply(
            *(args.path, args.task, args.input, args.output),
            **{"which": args.which, "count": args.count, "seed": args.seed, "hidden": args.hidden},
        )
    )
    data_verbs.add(verbs)
    try:
        args = parser.parse_args(argv)
        args.do(args)
        return 0
    except AelabError as error:
        flags.fail(error)
        return error.code


class Parser(argparse.ArgumentParser):
    """Whose complaints are one line, with the nearest word."""

    def error(self, message: str):
        found = re.match(r"argument (\S+): invalid choice: '([^']*)' \(choose from (.*)\)", message)
        if found:
            where, word, known = found[1], found[2], re.findall(r"[^', ]+", found[3])
            what = "no such verb" if where == "VERB" else f"not one of {', '.join(known)}"
            message = f"{word if where == 'VERB' else where + ' ' + word}: {what}{nearest(word, known)}"
        raise ConfigError(f"{message}; see {self.prog} --help")


def count(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"needs a whole number of at least 1, got '{text}'")
    return int(text)


def runs_below(paths: Sequence[Path]) -> list[Run]:
    """The run folders at or below the paths.

    Raises:
        ConfigError: a path that does not exist.
    """
    for path in paths:
        if not path.exists():
            raise ConfigError(f"{path}: no such folder; train a run first, or name where runs are")
    return [Run(file.parent) for path in paths for file in sorted(path.rglob("config.json"))]


def info(paths: Sequence[Path], *, as_json: bool = False) -> None:
    """List runs: state, step, test score in nats per example, size on disk."""
    from rich.console import Console
    from rich.table import Table

    table = Table("run", "state", "step", "score", "size")
    for run in runs_below(paths):
        status, scores = run.read("status.json"), run.read("summary.json").get("scores", {})
        name = next((name for name in ("test/elbo", "test/distortion") if name in scores), None)
        size = sum(file.lstat().st_size for file in run.path.rglob("*") if file.is_file())
        if as_json:
            print(
                json.dumps(
                    {
                        "run": str(run.path),
                        "state": status.get("state"),
                        "step": status.get("step"),
                        "scores": scores,
                        "bytes": size,
                    }
                )
            )
        score = f"{name} {scores[name]:.2f}" if name else ""
        table.add_row(
            str(run.path), status.get("state", "new"), str(status.get("step", 0)), score, f"{size / 2**20:.1f} MiB"
        )
    if not as_json:
        Console(width=None if sys.stdout.isatty() else 200).print(table)


def redraw(paths: Sequence[Path]) -> None:
    """Draw the figures of runs again from the arrays stored beside them, and write report.html; of sweeps too."""
    from aelab import figures, report

    for path in paths:
        if (path / "sweep.json").exists():
            print(comparison.redraw(path))
            continue
        if not Run(path).read("config.json"):
            raise ConfigError(f"{path}: not a run folder (no config.json)")
        if (path / "figures").is_dir():
            figures.redraw(path / "figures")
        print(report.write(path))


def verify(paths: Sequence[Path], *, as_json: bool = False) -> None:
    """Check config, data, every array of every checkpoint and the scores of runs; 5 is the exit code for damage."""
    from aelab.audit import verify

    for path in paths:
        verify.tell(path, as_json=as_json)


def reproduce(path: Path, steps: int = 0, *, into: Path | None = None, as_json: bool = False) -> None:
    """Train a run again in a fresh folder and compare its chain of digests; 6 is the exit code for other results."""
    from aelab.audit import reproduce

    reproduce.tell(path, steps, into=into, as_json=as_json)
