"""Tasks on sets too small, or of another kind than they need: right scores or one line, before anything trains."""

import ast
import dataclasses
import importlib
import json
from pathlib import Path

import numpy as np
import pytest

from aelab.data.arrays import ArraySource
from aelab.data.source import Spec, Splits
from aelab.errors import ConfigError, DataError
from aelab.runner import launch
from experiments import generate, reduce
from experiments.common import tasks
from experiments.common.needs import LEADS, Needs, require, require_events

RNG = np.random.default_rng(0)


def made(train, test, shape=(4, 4, 1), classes=("a", "b")):
    spec = Spec(shape, "float32", "unit", classes=classes)
    label = (lambda n: np.arange(n) % len(classes)) if classes else (lambda n: None)
    sources = [ArraySource(RNG.random((n, *shape), np.float32), label(n), spec) for n in (train, test)]
    return Splits("made", spec, sources[0], None, sources[1])


def real(splits, **more):
    """The same taken for real numbers, and with other fields of its spec."""
    return splits._replace(spec=splits.spec._replace(values="real", **more))


def alike(splits):
    x = np.repeat(splits.train.x[:1], len(splits.train), 0)
    return splits._replace(train=ArraySource(x, None, splits.spec))


@pytest.mark.parametrize("classes", [("a", "b"), ("a",), ()])
@pytest.mark.parametrize("test", [1, 2, 3, 11])
def test_codes_of_few_events_are_judged_by_as_many_neighbours_as_there_are(test, classes):
    splits = made(4, test, classes=classes)
    codes = [source.x.reshape(len(source), -1) for source in (splits.train, splits.test)]
    found = reduce.judged(splits, *codes)
    assert found["trustworthiness"] == (None if test < 3 else 1.0)  # a code that is the event keeps all neighbours
    assert (found["knn"] is None) == (not classes)
    if len(classes) == 1:
        assert found["knn"] == 100
    row = {"code": 2, "method": "autoencoder", "seed": 0, "squared_error": 1.0, **found}
    assert "autoencoder" in reduce.table(reduce.Config(), [row], [])


SMALL = made(9, 3)
REFUSED = {
    "no such kind": (made(9, 3, shape=(5,)), Needs(kinds=("images",)), "its events are vectors"),
    "no classes": (made(9, 3, classes=()), Needs(classes=1), "its events have no classes"),
    "one class": (made(9, 3, classes=("a",)), Needs(classes=2), "its only class is a"),
    "real numbers": (real(SMALL), Needs(unit=True), "any real numbers"),
    "lengths": (real(SMALL, lengths=(0, 1)), Needs(), "differ in length"),
    "one test event": (made(9, 1), Needs(least=LEADS), "1 test event; this table needs 2"),
    "one training event": (made(1, 3), Needs(least=LEADS), "1 training event; this table needs 2"),
    "no validation": (SMALL, Needs(least={"validation": 1}), "0 validation events; this table needs 1"),
    "nothing to learn": (alike(SMALL), Needs(), "all training events are alike"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_a_table_cannot_be_of_is_refused_in_one_line(what):
    splits, needs, said = REFUSED[what]
    with pytest.raises(DataError, match=said) as error:
        require("a\nset", splits, needs)
    assert str(error.value).startswith(r"--data: a\nset: ")
    assert "\n" not in str(error.value)
    require("a set", SMALL, Needs(kinds=("images",), unit=True, classes=2, least=LEADS))


def test_events_are_counted_by_groups_of_labels():
    splits = made(9, 3, classes=("a", "b", "c"))
    require_events("made", splits, {"train": 3, "test": 1}, {name: (i,) for i, name in enumerate("abc")})
    require_events("made", splits, {"train": 6}, {"a and c": (0, 2)})
    with pytest.raises(DataError, match="--data: made: 1 test event of b; this table needs 2 or more: wait"):
        require_events("made", splits, {"test": 2}, {"b": (1,)}, "wait")


def test_numbers_that_random_codes_cannot_be_judged_by_are_refused():
    config = generate.Config(samples=2, components=4)
    generate.require_fitting(config, 4)
    with pytest.raises(ConfigError, match="--components: 4 asked for; give at most 3"):
        generate.require_fitting(config, 3)
    with pytest.raises(ConfigError, match="--samples: 1"):
        generate.require_fitting(dataclasses.replace(config, samples=1), 4)


def test_codes_of_one_number_have_a_density_and_a_place_in_the_plane():
    from aelab.evaluation import densities

    codes = RNG.normal(3, 2, (400, 1))
    drawn = densities.draw("Gaussian", codes, 4000, 1, 0)
    np.testing.assert_allclose([drawn.mean(), drawn.std()], [codes.mean(), codes.std(ddof=1)], rtol=0.05)
    np.testing.assert_array_equal(abs(densities.on_components(codes)), abs(np.c_[codes, 0 * codes]))


def test_missing_entries_are_refused_where_a_classical_method_would_take_them_for_0(tmp_path):
    x = RNG.normal(size=(20, 3))
    np.savez(tmp_path / "whole.npz", x=x)
    x[7, 1] = np.nan
    np.savez(tmp_path / "a.npz", x=x)
    assert not tasks.load(f"npz:{tmp_path / 'whole.npz'}", Needs()).spec.missing
    with pytest.raises(DataError, match=r"entries are missing.*fill them in"):
        tasks.load(f"npz:{tmp_path / 'a.npz'}", Needs())


FOLDER = Path(tasks.__file__).parents[1]
SCRIPTS = [path.stem for path in FOLDER.glob("*.py") if "tasks.Task" in path.read_text()] + ["architectures"]


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_table_loads_its_set_by_the_one_function_that_asks_whether_it_will_do(script):
    tree = ast.parse((FOLDER / f"{script}.py").read_text())
    loaders = [node for node in ast.walk(tree) if isinstance(node, ast.Attribute) and node.attr == "load"]
    by_its_runs = {"tasks"} if script == "dictionaries" else set()  # the script itself reads no event
    assert {node.value.id for node in loaders} | by_its_runs == {"tasks"}


SHORT = "--seeds 0 --epochs 1 --batch-size 4 --widths 8 --latent-dim 2 --json"
OWN = {
    "classify": "--kinds autoencoder --labels 1 2 --draws 1 --tuning-steps 2 --class-epochs 1",
    "conditional": "--samples 20 --judge-epochs 1",
    "denoise": "--codes code --corruptions gaussian masking --validation-images 8",
    "detect": "--nets mlp --vaes mlp --anomalous 1",
    "generate": "--samples 50 --components 2 --draws 10 --judge-epochs 1",
    "occlusion": "--pixel-epochs 1 --pixel-channels 4 --pixel-dim 2",
    "one_class": "",
    "quadrants": "--widths 8 8",
    "reduce": "--codes 2 3",
}


def answer(script, file, folder, capsys) -> tuple[int, str]:
    """The exit code of the script of a table on a file, and the last line that it prints."""
    module = importlib.import_module(f"experiments.{script}")
    words = ["--data", str(file), *SHORT.split(), *OWN[script].split(), "--runs-dir", str(folder)]
    code = launch.command(module.Config, module.run, words)
    out, err = capsys.readouterr()
    assert "Traceback" not in err
    return code, (err if code else out).splitlines()[-1]


def images(folder, count) -> str:
    x = RNG.integers(0, 256, (count, 8, 8), dtype=np.uint8)
    np.savez(folder / "a.npz", x=x, y=np.arange(count) % 2)
    return f"npz:{folder / 'a.npz'}"


def series(folder, count) -> str:
    np.savez(folder / "a.npz", x=RNG.normal(size=(count, 12, 1)).cumsum(1), y=np.arange(count) % 2)
    return f"npz:{folder / 'a.npz'}"


def table(folder, count) -> str:
    rows = [f"{','.join(f'{v:.3f}' for v in RNG.normal(size=4))},{'xy'[i % 2]}\n" for i in range(count)]
    (folder / "a.csv").write_text("a,b,c,d,label\n" + "".join(rows))
    return f"csv:{folder / 'a.csv'}"


def named(part) -> str:
    """What a case is called by: its script, its events, their number."""
    return getattr(part, "__name__", str(part).split(":")[0])


LARGER = "or more: take a larger set"
REFUSALS = [  # all others stand on the page of error lines
    *((script, images, 3, LARGER) for script in ("detect", "generate", "occlusion")),
    *((script, images, 5, LARGER) for script in ("classify", "one_class")),
    ("conditional", table, 20, "its events are vectors; this table is of images"),
    ("denoise", table, 20, "its events are vectors; this table is of images or series"),
]


@pytest.mark.parametrize(("script", "make", "count", "said"), REFUSALS, ids=named)
def test_a_set_that_is_too_small_is_refused_before_anything_trains(script, make, count, said, tmp_path, capsys):
    code, line = answer(script, make(tmp_path, count), tmp_path / "runs", capsys)
    assert code == 3
    assert line.startswith("error: --data: ")
    assert said in line
    assert not (tmp_path / "runs").exists()


TINY = [
    *((script, images, 3) for script in ("conditional", "quadrants", "reduce")),
    *((script, images, 20) for script in ("denoise", "generate", "occlusion")),
    *((script, images, 80) for script in ("classify", "detect", "one_class")),
    *((script, series, 20) for script in ("denoise", "occlusion", "reduce")),
    *((script, table, 80) for script in ("classify", "detect", "one_class")),
]


@pytest.mark.long
@pytest.mark.parametrize(("script", "make", "count"), TINY, ids=named)
def test_a_tiny_set_that_will_do_ends_in_numbers(script, make, count, tmp_path, capsys):
    code, line = answer(script, make(tmp_path, count), tmp_path / "runs", capsys)
    assert code == 0

    def refuse(word):
        raise AssertionError(f"{word} is no number")

    assert json.loads(line, parse_constant=refuse)["rows"]
