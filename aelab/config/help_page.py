"""What `--help` shows of a script of one run: its settings in groups, each with its text, and of nets the chosen one's.

The text of a setting is the comment behind its field.
"""

import ast
import contextlib
import dataclasses
import inspect
import io
import itertools
import textwrap
import tokenize
from collections.abc import Sequence
from typing import Annotated, Any, get_type_hints

import tyro

from aelab.config.codes import RandomCodeOptions
from aelab.config.fields import (
    CodeOptions,
    Config,
    Corrupted,
    DataOptions,
    RunningOptions,
    TrainingOptions,
)
from aelab.config.likelihoods import LikelihoodOptions
from aelab.config.nets import NetOptions, unread
from aelab.config.objectives import BoundOptions, PenaltyOptions

OWN = "experiment"
annotated: Any = Annotated  # types that are made when help is asked for, which a checker of types cannot follow
flat: Any = tyro.conf.OmitArgPrefixes
HOMES: dict[Any, str] = {  # the first that has a field is its group
    DataOptions: "data",
    NetOptions: "net",
    CodeOptions: "code and likelihood",
    LikelihoodOptions: "code and likelihood",
    RandomCodeOptions: "code and likelihood",
    TrainingOptions: "training",
    RunningOptions: "running",
    Corrupted: "corruption",
    BoundOptions: "objective",
    PenaltyOptions: "objective",
}
ORDER = ("data", "corruption", "net", "code and likelihood", "objective", OWN, "training", "running")


def show(kind: type[Config], argv: Sequence[str], *, prog: str, description: str | None) -> None:
    """Print the help of a script, and exit with 0."""
    hidden, texts, hints = _hidden(argv), comments(kind), get_type_hints(kind, include_extras=True)
    groups: dict[str, list] = {title: [] for title in ORDER}
    for field in dataclasses.fields(kind):
        if field.name not in hidden:
            hint = annotated[hints[field.name], tyro.conf.arg(help=texts.get(field.name, ""))]
            groups[group(field.name)].append((field.name, hint, _default(field)))
    boxes = {title: dataclasses.make_dataclass("Group", fields, frozen=True) for title, fields in groups.items()}
    named = [
        (f"group_{i}", annotated[box, tyro.conf.arg(name=title, help="")], dataclasses.field(default=box()))
        for i, (title, box) in enumerate(boxes.items())
        if groups[title]
    ]
    page = flat[dataclasses.make_dataclass("Settings", named)]
    tyro.cli(page, prog=prog, description=description, args=["--help"])


def _default(field: dataclasses.Field) -> Any:
    """The default of a field; one that has to be given gets tyro's mark for that."""
    if field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING:
        return dataclasses.field(default=tyro.MISSING)
    return dataclasses.field(default=field.default, default_factory=field.default_factory)


def group(name: str) -> str:
    """The group of a setting."""
    return next((title for home, title in HOMES.items() if name in home.__dataclass_fields__), OWN)


def comments(kind: type) -> dict[str, str]:
    """The comment behind each field of a dataclass, by name; that of a subclass wins. A class may have no source."""
    found: dict[str, str] = {}
    for base in reversed(kind.__mro__):
        if dataclasses.is_dataclass(base):
            with contextlib.suppress(OSError, TypeError):
                found |= _comments_of(textwrap.dedent(inspect.getsource(base)))
    return found


def _comments_of(source: str) -> dict[str, str]:
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    by_line = {token.start[0]: token.string.lstrip("# ") for token in tokens if token.type == tokenize.COMMENT}
    body = ast.parse(source).body[0]
    assert isinstance(body, ast.ClassDef)
    fields = [node for node in body.body if isinstance(node, ast.AnnAssign)]
    texts = {
        ast.unparse(node.target): " ".join(
            by_line[line] for line in range(node.lineno, (node.end_lineno or node.lineno) + 1) if line in by_line
        )
        for node in fields
    }
    return {name: text for name, text in texts.items() if text}


def _hidden(argv: Sequence[str]) -> frozenset[str]:
    """The settings that the net on the command line does not read; none where it names no net."""
    words = [word for token in argv for word in token.split("=", 1)]
    return unread(next((after for word, after in itertools.pairwise(words) if word == "--net"), None))
