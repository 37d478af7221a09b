"""The page as one file: markup, style and script inside, and a rule that lets it load nothing."""

import base64
import hashlib
import html
import json
from functools import cache
from importlib import resources
from string import Template
from typing import Any

INTERPRETER = ("vectors.js", "products.js", "walks.js", "interpreter.js")  # all that running a program takes
VIEWS = ("model.js", "show.js", "paint.js", "parts.js")
PARTS = ("sliders.js", "map.js", "between.js", "drawing.js", "hole.js", "page.js")
SCRIPTS = INTERPRETER + VIEWS + PARTS


def page(found: dict[str, Any]) -> str:
    """The page of `contents`."""
    data = json.dumps(found, allow_nan=False, separators=(",", ":")).replace("<", "\\u003c")
    style, script = part("page.css"), script_of()
    title = html.escape(found["title"])
    return Template(part("page.html")).substitute(rule=rule_of(), title=title, style=style, script=script, data=data)


def rule_of() -> str:
    """The Content-Security-Policy of the page: nothing is loaded, and no style and script runs but its own.

    WebAssembly may be compiled, which the matrix products are made of.
    """
    style, script = digest(part("page.css")), digest(script_of())
    own = f"script-src '{script}' 'wasm-unsafe-eval'; style-src '{style}'; img-src data:"
    return f"default-src 'none'; {own}; base-uri 'none'; form-action 'none'"


def script_of() -> str:
    """The scripts, one behind the other."""
    return "\n".join(map(part, SCRIPTS))


def digest(code: str) -> str:
    """How a policy names a piece of code."""
    return "sha256-" + base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()


@cache
def part(name: str) -> str:
    """One of the files of `assets`."""
    return resources.files("aelab.explore").joinpath(f"assets/{name}").read_text("utf-8")
