"""What the documentation site holds besides the pages of docs/.

The pages in docs/ can be read on their own, in an editor or on a forge: they link to files of the repository, and
write formulas between dollar signs. For the site, this hook

- adds CHANGELOG.md, CONTRIBUTING.md and the results of the races as pages, and results/*.json as files,
- adds one page of docstrings for each room of the library, and one of all settings,
- points every link at the place where its file is on the site,
- turns formulas into MathML, which browsers draw without a script.
"""

import ast
import html
import json
import os
import re
from pathlib import Path, PurePosixPath

from latex2mathml.converter import convert
from mkdocs.structure.files import File

ROOT = Path(__file__).parents[1]
PAGES = {  # files outside docs/ that are pages of the site
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "experiments/bench/RESULTS.md": "bench.md",
}
COPIED = ("results/*.json", "experiments/bench/*.png", "LICENSE")  # served as they are, below files/
TITLES = {
    ("fields", "DataOptions"): "Data",
    ("__init__", "Choice"): "Every net",
    ("common", "Stacked"): "LSTM and Transformer",
    ("mlp", "Mlp"): "Fully connected net",
    ("conv", "Conv"): "Convolutional net",
    ("lstm", "Lstm"): "LSTM",
    ("transformer", "Transformer"): "Transformer",
    ("fields", "CodeOptions"): "Code and likelihood",
    ("objectives", "ElboOptions"): "ELBO",
    ("objectives", "RateLimitOptions"): "Where the rate is to be",
    ("objectives", "AggregateOptions"): "Codes of all examples together",
    ("objectives", "BoundOptions"): "Which objective is minimised",
    ("objectives", "PenaltyOptions"): "Penalties of an autoencoder",
    ("fields", "TrainingOptions"): "Training",
    ("fields", "RunningOptions"): "Running",
    ("fields", "Corrupted"): "Corruptions",
}
SETTINGS = """This page lists every setting of the scripts that train one run, with its default and what it means. It is
made from the code. In a sweep the names are written with `_` and without the dashes. `Natural`, `Count`, `Size` and the
like are numbers with bounds, see [`aelab.config`](api/config.md)."""
LINK = re.compile(r"(?<=\]\()(?!https?:|mailto:|#)([^)#\s]+)")
SHORT = re.compile(r"<code>([^<\n]{1,28})</code>")  # stays on one line
SHAPE = re.compile(r'(<span class="o">\*</span>) (?=<span class="n">[a-z])')  # `*event` of a shape, read as a product
FORMULA = re.compile(r'<(?:span|div) class="arithmatex">\\([(\[])(.*?)\\[)\]]</(?:span|div)>', re.DOTALL)


def rooms() -> list[str]:
    """The rooms of the library, by name."""
    return sorted(path.parent.name for path in (ROOT / "aelab").glob("*/__init__.py"))


def api_pages() -> dict[str, str]:
    """The text of every page of docstrings by its name: the subject, each room, the scripts."""
    subject = sorted((ROOT / "aelab").glob("[a-z]*.py"))
    scripts = sorted([*(ROOT / "experiments").glob("[a-z]*.py"), *(ROOT / "experiments/common").glob("[a-z]*.py")])
    pages = {"subject": _api("The subject", subject)}
    pages |= {room: _api(f"aelab.{room}", sorted((ROOT / "aelab" / room).rglob("*.py"))) for room in rooms()}
    return pages | {"scripts": _api("Scripts", scripts)}


def _api(title: str, paths: list[Path]) -> str:
    return "\n\n".join([f"# {title}", *map(_module, paths)])


def _module(path: Path) -> str:
    """A file's docstrings; of a room's menu only what it defines itself, as what it imports has a place of its own."""
    name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    if path.name != "__init__.py":
        return f"::: {name}"
    defined = [
        node.name for node in ast.parse(path.read_text()).body if isinstance(node, ast.FunctionDef | ast.ClassDef)
    ]
    shown = json.dumps([own for own in defined if own[0] != "_"] or False)
    return f"::: {name}\n    options: {{show_root_heading: false, show_root_toc_entry: false, members: {shown}}}"


def settings_page() -> str:
    """Every setting by the class that has it: its flag, what it may be, its default, and the comment behind it."""
    scripts = (
        ROOT / f"experiments/{name}.py" for name in ("vae", "autoencoder", "cvae", "m2", "aae", "vae_gan", "code_prior")
    )
    text = ["# Settings", SETTINGS]
    config = ROOT / "aelab/config"
    nets = sorted((config / "nets").glob("*.py"))
    for path in (config / "fields.py", *nets, config / "objectives.py", *scripts):
        for node in ast.parse(path.read_text()).body:
            fields = [field for field in getattr(node, "body", ()) if isinstance(field, ast.AnnAssign)]
            if isinstance(node, ast.ClassDef) and fields and node.name != "Record":
                place = f"experiments.{path.stem}" if path.parent.name == "experiments" else node.name
                text.append(f"## {TITLES.get((path.stem, node.name), place)}")
                rows = [f"| {' | '.join(_setting(field, path.read_text()))} |" for field in fields]
                text.append("\n".join(["| flag | may be | default | meaning |", "| --- | --- | --- | --- |", *rows]))
    return "\n\n".join(text) + "\n"


def _setting(field: ast.AnnAssign, source: str) -> list[str]:
    lines = source.splitlines()[field.lineno - 1 : field.end_lineno]
    comment = next((line.partition("# ")[2] for line in lines if "# " in line), "")
    kind = ast.unparse(field.annotation)
    kind = re.sub(r"Literal\[(.*?)\]", lambda match: match[1].replace("'", "").replace(", ", "`, `"), kind)
    kind = re.sub(r"Annotated\[(\w+), .*\]", r"\1", kind)
    value = field.value.args[-1] if isinstance(field.value, ast.Call) and field.value.args else field.value
    default = re.sub(r"^'(.*)'$", r"\1", ast.unparse(value)) if value else ""  # of `since` and of `Path` the last
    cells = [f"--{ast.unparse(field.target).replace('_', '-')}", kind, default]
    return [*(f"`{cell}`".replace(" | ", "` or `") if cell else "" for cell in cells), comment]


def place(path: str) -> str:
    """Where a file of the repository is on the site."""
    parts = PurePosixPath(path).parts
    if path in PAGES:
        return PAGES[path]
    if parts[0] == "docs":
        return path.removeprefix("docs/")
    if path == "README.md":
        return "index.md"
    if parts[0] == "aelab":
        return f"api/{parts[1]}.md" if parts[1] in rooms() else "api/subject.md"
    if parts[0] == "experiments" and path.endswith(".py"):
        return "api/scripts.md"
    return f"files/{path}"


def on_config(config):
    """Name the pages of docstrings in the navigation."""
    next(part["Use"] for part in config.nav if "Use" in part).insert(1, {"Settings": "settings.md"})
    names = {"subject": "The subject", "scripts": "Scripts"}
    config.nav.append({"API": [{names.get(name, name): f"api/{name}.md"} for name in api_pages()]})
    return config


def on_files(files, config):
    """Add the pages and files that do not lie in docs/."""
    for path, page in PAGES.items():
        files.append(File.generated(config, page, content=(ROOT / path).read_text()))
    files.append(File.generated(config, "settings.md", content=settings_page()))
    for name, text in api_pages().items():
        files.append(File.generated(config, f"api/{name}.md", content=text))
    for pattern in COPIED:
        for path in sorted(ROOT.glob(pattern)):
            name = f"files/{path.relative_to(ROOT).as_posix()}"
            files.append(File.generated(config, name, content=path.read_bytes()))
    return files


def on_page_markdown(markdown, page, config, files):
    """Point links at files of the repository to where these are on the site."""
    here = page.file.src_uri
    source = next((path for path, name in PAGES.items() if name == here), f"docs/{here}")

    def moved(match: re.Match) -> str:
        target = os.path.normpath(PurePosixPath(source).parent / match[1])
        return os.path.relpath(place(target), PurePosixPath(here).parent)

    return markdown if here.startswith("api/") or here == "settings.md" else LINK.sub(moved, markdown)


def on_page_content(content, page, config, files):
    """Turn formulas into MathML: inline between `\\(` and `\\)`, displayed between `\\[` and `\\]`."""
    content = SHORT.sub(r'<code class="short">\1</code>', content)
    if page.file.src_uri.startswith("api/"):
        return SHAPE.sub(r"\1", content)
    return FORMULA.sub(_formula, content)


def _formula(match: re.Match) -> str:
    tex = _spaced(html.unescape(match[2]).strip())
    if match[1] == "(":
        return convert(tex)
    return f'<div class="formula">{convert(tex, display="block")}</div>'  # it scrolls where a window is narrow


def _spaced(tex: str) -> str:
    """The spaces that TeX puts around the name of a function and the sign of a draw, and MathML does not."""
    tex = re.sub(r"\\log(?![a-z]) *(?!\()", r"\\,\\log\\, ", tex)
    return tex.replace(r"\sim", r"\;\sim\;")
