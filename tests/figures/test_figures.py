import io
import itertools
from pathlib import Path

import matplotlib
import numpy as np
import pytest
from matplotlib.image import imread

from aelab import figures
from aelab.errors import DataError
from aelab.experiment import Score
from aelab.figures.paper import MARGIN
from aelab.figures.tiles import span, tiles

EVENTS = {
    "grey": (8, 6, 1),
    "colour": (6, 8, 3),
    "two channels": (6, 6, 2),
    "large": (200, 240, 1),
    "series": (20, 1),
    "many series": (9, 12),
    "vector": (5,),
}

WITHOUT_EVENTS = {
    "aggregate",
    "codes",
    "confusion",
    "curves",
    "features",
    "fields",
    "heat",
    "maps",
    "parallel",
    "rows",
    "tradeoff",
}

SWEPT = {
    "fields": np.array(["beta", "net"]),
    "labels": np.array([["0.5", "4", "4"], ["mlp", "conv", "mlp"]]),
    "mean": np.array([-99.0, -101.0, -110.0]),
    "low": np.array([-100.0, -101.0, -111.0]),
    "high": np.array([-98.0, -101.0, -109.0]),
    "score": np.array("test/elbo"),
    "better": np.array("higher"),
}


def arrays(name: str, event: tuple[int, ...] = (8, 6, 1), low: float = 0.0) -> dict[str, np.ndarray]:
    """What a figure needs, filled with noise."""
    rng = np.random.default_rng(0)

    def events(*lead: int) -> np.ndarray:
        return rng.uniform(low, 1, (*lead, *event)).astype(np.float32)

    steps = {"train_step": np.arange(0, 300, 10), "valid_step": np.array([100, 200])}
    values = {f"{s[:5]}_{t}": rng.normal(size=len(x)) for s, x in steps.items() for t in ("loss", "distortion", "rate")}
    return {
        "reconstructions": {"originals": events(4), "inputs": events(4) * 2, "rebuilt": events(4)},
        "samples": {"events": events(7)},
        "nearest": {"samples": events(4), "train": events(4)},
        "interpolations": {"events": events(2, 5)},
        "completions": {"originals": events(2), "inputs": events(2), "events": events(2, 5)},
        "class_samples": {"events": events(2, 5), "rows": np.array(["cat", "a long _dog$x$"])},
        "comparison": {"events": events(2, 5), "rows": np.array(["one", "another"]), "title": np.array("a title")},
        "traversals": {
            "events": events(3, 5),
            "values": np.linspace(-2, 2, 5),
            "kl": np.array([2.1, 1.0, 0.0]),
            "dims": np.array([2, 0, 1]),
        },
        "manifold": {"events": events(6, 6), "values": np.linspace(-2, 2, 6)},
        "codes": {
            "codes": rng.normal(size=(50, 2)),
            "labels": np.arange(50) % 3,
            "classes": np.array(["cat", "_dog$x$", "a name that is far too long for any legend"]),
            "method": np.array("the two code numbers"),
        },
        "curves": {**steps, **values},
        "confusion": {
            "counts": rng.integers(0, 9, (3, 3)),
            "classes": np.array(["cat", "dog", "owl"]),
            "title": np.array("a title"),
        },
        **dict.fromkeys(("fields", "heat", "parallel"), SWEPT),
        "features": {
            "units": np.array([17, 4095]),
            "share": np.array([0.02, 0.5]),
            "values": np.array([[3.0, 1.0], [2.0, 0.5]]),
            "names": np.array([["a _dog$x$", "row 7"], ["a name that is far too long for a line", ""]]),
        },
        "rows": {
            "columns": np.array(["age", "a _town$x$ of a very long name"]),
            "words": np.array([False, True]),
            "originals": np.array([["40.5", "Köln"], ["", "Bern"]]),
            "rebuilt": np.array([["41", "Bern"], ["33", "Bern"]]),
        },
        "tradeoff": {
            "entry": np.array([0, 0, 1, 1]),
            "rate": np.array([3.0, 3.2, 1.0, 1.1]),
            "distortion": np.array([80.0, 81.0, 90.0, 91.0]),
            "labels": np.array(["0.5", "4"]),
        },
        "aggregate": {
            "codes": rng.normal(size=(2, 30, 2)),
            "names": np.array(["one", "another"]),
            "prior": rng.normal(size=(30, 2)),
        },
        "errors": {
            **{name: events(3) for name in ("originals", "rebuilt")},
            "error": np.square(events(3)),
            "names": np.array(["normal", "anomaly", "other"]),
            "mean_error": np.square(events(3)).mean(-1),
        },
        "maps": {
            "codes": rng.normal(size=(2, 30, 2)),
            "titles": np.array(["one", "another"]),
            "labels": np.arange(30) % 3,
            "classes": np.array(["cat", "dog", "owl"]),
        },
    }[name]


def tabled(name: str) -> dict[str, np.ndarray]:
    """The arrays of a figure whose events are rows of a table of words and numbers."""
    given = arrays(name, (2,))
    texts = {"texts": np.char.add("t", np.arange(given["events"].size).astype(str)).reshape(given["events"].shape)}
    for beside in ("originals", "inputs"):
        if beside in given:
            texts[beside] = np.char.add(beside[0], np.arange(given[beside].size).astype(str)).reshape(-1, 2)
    maps = {"maps": np.moveaxis(given["events"], -1, 0), "entries": np.array(["age", "town=Bern"])}
    said = {"columns": np.array(["age", "a _town$x$"]), "words": np.array([False, True]), "total": np.array(9)}
    return given | texts | said | (maps if name == "manifold" else {})


TABLES = ("samples", "class_samples", "completions", "interpolations", "traversals", "comparison")


@pytest.mark.parametrize("name", TABLES)
def test_rows_of_a_table_are_written_and_not_drawn_as_lines(name):
    given = tabled(name)
    figure = figures.draw[name](given)
    said = [text.get_text() for text in figure.texts]
    assert not figure.axes
    assert any("(2 of 9 columns)" in text for text in said)
    assert {"age", "a _town$x$", str(given["texts"].flat[0]), str(given["texts"].flat[1])} <= set(said)
    assert imread(io.BytesIO(figures.png(name, given))).std() > 0.01


def test_a_traversal_of_a_table_names_number_nats_and_place_of_each_row():
    given = tabled("traversals")
    said = [text.get_text() for text in figures.draw["traversals"](given).texts]
    assert [text for text in said if "nats" in text] == ["z3   2.10 nats", "z1   1.00 nats", "z2   0.00 nats"]
    assert [text for text in said if "sd" in text] == 3 * ["−2.0 sd", "0.0 sd", "2.0 sd"]
    row = said[said.index("2.0 sd") :][1:3]
    assert row == given["texts"][0, -1].tolist()


def test_the_plane_of_a_code_is_a_map_for_each_column_of_a_table():
    given = tabled("manifold")
    (axes,) = figures.draw["manifold"](given).axes
    assert [label.get_text() for label in axes.get_xticklabels()] == ["age", "town=Bern"]
    picture = axes.get_images()[0].get_array()
    high, wide = picture.shape[0] // 6, (picture.shape[1] - 3) // 12
    own = given["maps"][0]
    np.testing.assert_allclose(
        picture[high // 2 :: high, wide // 2 : 6 * wide : wide, 0], (own - own.min()) / np.ptp(own), atol=1e-6
    )


def axes_of(name: str, given: dict[str, np.ndarray]):
    return figures.draw[name](given).axes


def every_kind():
    """Every figure of every kind of event, at two ranges of values.

    The fast ones are chosen so that every figure meets half of the kinds and both ranges, and every kind half of the
    figures.
    """
    for i, name in enumerate(sorted(figures.draw.keys() - WITHOUT_EVENTS)):
        for (j, (kind, event)), (k, low) in itertools.product(enumerate(EVENTS.items()), enumerate((0.0, -3.0))):
            fast = (i + j) % 2 == 0 and (i + j) // 2 % 2 == k
            yield pytest.param(name, event, low, marks=() if fast else pytest.mark.long, id=f"{name}-{kind}-{low}")


@pytest.mark.parametrize(("name", "event", "low"), list(every_kind()))
def test_figures_of_events_draw_every_kind(name, event, low):
    picture = imread(io.BytesIO(figures.png(name, arrays(name, event, low))))
    assert picture.std() > 0.01
    assert max(picture.shape) < 2200


@pytest.mark.parametrize("name", figures.draw)
def test_every_figure_draws_and_redrawing_gives_the_same_bytes(name, tmp_path: Path):
    figures.save(tmp_path, name, arrays(name))
    path = tmp_path / f"{name}.png"
    assert imread(path).std() > 0.01
    png = path.read_bytes()
    path.unlink()
    with matplotlib.rc_context({"font.size": 20, "axes.facecolor": "red"}):  # a user's own matplotlibrc
        figures.redraw(tmp_path)
    assert path.read_bytes() == png
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"{name}.npz", f"{name}.png"]


def test_the_same_arrays_are_stored_as_the_same_bytes(tmp_path: Path):
    for folder in (tmp_path / "once", tmp_path / "again"):
        folder.mkdir()
        figures.save(folder, "codes", arrays("codes"))
    assert (tmp_path / "once" / "codes.npz").read_bytes() == (tmp_path / "again" / "codes.npz").read_bytes()


def test_stored_arrays_need_no_pickle(tmp_path: Path):
    given = arrays("codes")
    figures.save(tmp_path, "codes", given)
    with np.load(tmp_path / "codes.npz", allow_pickle=False) as stored:
        assert set(stored) == set(given)
        assert all(np.array_equal(stored[key], given[key]) for key in given)


def test_python_objects_are_refused_and_nothing_is_written(tmp_path: Path):
    with pytest.raises(ValueError, match="allow_pickle"):
        figures.save(tmp_path, "codes", {**arrays("codes"), "classes": np.array(["cat", None])})
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("damage", [b"", b"not a zip", None])
def test_broken_arrays_are_one_line_that_names_the_file(damage, tmp_path: Path):
    figures.save(tmp_path, "samples", arrays("samples"))
    path = tmp_path / "samples.npz"
    path.write_bytes(path.read_bytes()[:200] if damage is None else damage)
    with pytest.raises(DataError, match=r"samples\.npz"):
        figures.redraw(tmp_path)


def test_other_files_are_left_alone(tmp_path: Path):
    np.savez(tmp_path / "mine.npz", x=np.zeros(2))
    figures.redraw(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.npz"]


def test_every_pixel_of_an_image_becomes_a_square_of_its_own_colour():
    x = np.random.default_rng(1).uniform(size=(1, 2, 7, 5, 3))
    drawn = imread(io.BytesIO(figures.png("interpolations", {"events": x})))[..., :3]
    times = 112 // 7
    tile = drawn[MARGIN + 32 :, MARGIN:][: 7 * times, : 5 * times]
    np.testing.assert_allclose(tile, x[0, 0].repeat(times, 0).repeat(times, 1), atol=1 / 255)


def test_values_in_the_unit_range_keep_their_brightness_and_others_share_theirs():
    assert span(np.array([0.2, 0.7])) == (0, 1)
    assert span(np.array([-1.0, np.nan, 3.0])) == (-1, 3)
    assert span(np.array([2.0, 2.0])) == (2, 3)
    assert span(np.array([np.nan])) == (0, 1)


def test_limits_decide_what_is_white():
    x = np.full((1, 1, 4, 4, 1), 0.5)
    image = tiles(x, title="", limits=np.array([0.0, 0.5])).axes[0].images[0].get_array()
    np.testing.assert_array_equal(image, 1)


@pytest.mark.parametrize(
    ("name", "columns"),
    [("reconstructions", 2), ("samples", 2), ("class_samples", 2), ("interpolations", 3), ("manifold", 3)],
)
def test_a_long_series_has_a_panel_in_which_its_steps_can_be_seen(name, columns):
    (axes,) = axes_of(name, arrays(name, (201, 2)))
    width = axes.get_images()[0].get_array().shape[1]
    drawn = [line for lines in axes.collections for line in lines.get_segments() if len(line)]
    lines = np.stack(drawn)  # [line, step, (x, y)]
    widest = np.ptp(lines[..., 0], 1)
    assert lines.shape[1] == 201
    np.testing.assert_allclose(widest, widest[0])
    assert len(np.unique(lines[:, 0, 0].round())) == columns
    assert widest[0] > 2 * 201
    assert width <= 1600 + 3 * columns


def test_the_stages_that_stay_of_a_long_line_are_its_ends_and_its_middle():
    (axes,) = axes_of("interpolations", arrays("interpolations", (500, 1)))
    assert [label.get_text() for label in axes.get_xticklabels()] == ["from", "50 %", "to"]
    (axes,) = axes_of("traversals", arrays("traversals", (500, 1)))
    assert [label.get_text() for label in axes.get_xticklabels()] == ["−2.0", "0.0", "2.0"]


def test_a_traversal_says_which_number_moves_and_what_it_carries():
    (axes,) = axes_of("traversals", arrays("traversals"))
    assert [label.get_text() for label in axes.get_yticklabels()] == [
        "z3   2.10 nats",
        "z1   1.00 nats",
        "z2   0.00 nats",
    ]
    assert axes.get_xticklabels()[0].get_text() == "−2.0"


def test_in_a_manifold_z2_rises_upwards():
    (axes,) = axes_of("manifold", arrays("manifold"))
    assert axes.get_yticklabels()[0].get_text() == "2.0"  # the first tick is the upper one
    assert axes.get_xticklabels()[0].get_text() == "−2.0"


def test_a_legend_names_every_class_as_it_is_written():
    (axes,) = axes_of("codes", arrays("codes"))
    names = [text.get_text() for text in axes.get_legend().get_texts()]
    assert names == ["cat", "_dog$x$", "a name that is far too …"]


@pytest.mark.parametrize("left", [{"codes"}, {"codes", "labels"}, {"codes", "labels", "classes"}])
def test_codes_draw_without_labels_and_without_names(left):
    (axes,) = axes_of("codes", {key: value for key, value in arrays("codes").items() if key in left})
    assert (axes.get_legend() is None) == ("labels" not in left)


def test_curves_show_a_panel_for_what_there_is():
    given = arrays("curves")
    assert len(axes_of("curves", given)) == 3
    plain = {key: value for key, value in given.items() if "rate" not in key and "dist" not in key}
    assert len(axes_of("curves", plain)) == 1
    assert len(axes_of("curves", {**plain, "train_distortion": plain["train_loss"]})) == 1  # says nothing new
    nothing = {"train_step": np.zeros(0), "train_loss": np.zeros(0)}
    assert len(axes_of("curves", nothing)) == 1


def test_curves_show_what_else_was_recorded_with_its_unit():
    rows = [
        {"step": 10 * i, "epoch": i, "split": split, "loss": 3.0, "critic_loss": 1.0 / i, **more}
        for i in (1, 2)
        for split, more in (("train", {}), ("validation", {"sharpness": 0.5 * i, "counted": 1.0}))
    ]
    given = figures.gather(rows, [Score("sharpness", "per pixel", "higher")])
    panels = axes_of("curves", given)
    assert [axes.get_title(loc="left") for axes in panels] == ["loss", "critic_loss", "sharpness", "counted"]
    assert [axes.get_ylabel() for axes in panels] == ["nats per example", "", "per pixel", ""]
    assert str(given["unit_critic_loss"]) == "nats per example"
    rows_of_panels = [round(axes.get_position().y0, 3) for axes in panels]
    assert rows_of_panels[0] == rows_of_panels[2] > rows_of_panels[3]


def test_curves_are_gathered_from_the_rows_of_the_metrics():
    rows = [
        {"step": 10, "epoch": 1.0, "split": "train", "loss": 3.0, "rate": 1.0},
        {"step": 10, "epoch": 1.0, "split": "validation", "loss": 4.0, "rate": 2.0},
        {"step": 20, "epoch": 2.0, "split": "train", "loss": 2.0},
    ]
    given = figures.gather(rows)
    np.testing.assert_array_equal(given["train_loss"], [3, 2])
    np.testing.assert_array_equal(given["valid_rate"], [2])
    assert given["steps_per_epoch"] == 10
    assert "train_rate" not in given  # one row does not have it
    assert figures.png("curves", given)
