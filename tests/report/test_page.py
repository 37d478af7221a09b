import base64
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from aelab import figures, report
from aelab.errors import ConfigError

SCORES = {
    "test/elbo": -103.2517,
    "test/distortion": 87.9811,
    "test/rate": 15.2706,
    "test/l_500": -101.5,
    "test/active_units": 12.0,
    "test/something_new": 0.000123,
    "validation/elbo": -104.75,
}
HOSTILE = '"><script>alert(1)</script>&<img src=x onerror=alert(1)>'
VOID = {"meta", "img", "br", "hr", "link", "input"}


class Reader(HTMLParser):
    """Reads a page and insists that every element is closed in its turn."""

    def __init__(self, page: str):
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.words: list[str] = []
        self.feed(page)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(self.words)


def put(run: Path, name: str, value: object) -> None:
    run.mkdir(parents=True, exist_ok=True)
    (run / name).write_text(json.dumps(value))


def finished(run: Path, label: str = "mlp") -> Path:
    """A run folder with all that a report reads, `label` standing wherever a user's words can stand."""
    layer = {"part": "encoder", "layer": label, "output": [512], "parameters": 401_920}
    summary = {"run": label, "status": "done", "step": 9380, "epochs": 20.0, "scores": SCORES, "parameters": 401_920}
    put(run, "config.json", {"schema": 1, "experiment": label, "config": {"net": label, "widths": [512, 256]}})
    put(
        run,
        "summary.json",
        {
            **summary,
            "params_sha256": "ab" * 32,
            "trouble": [f"collapse: {label}; --beta"],
            "advice": [f"more {label}: --epochs 8"],
        },
    )
    put(run, "status.json", {"state": "running", "step": 9380, "reason": ""})
    put(run, "manifest.json", {
        "command": f"python -m experiments.vae --net {label}",
        "layers": [layer],
        "versions": {"jax": "0.10.2", label: None},
        "data": {"name": label, "fingerprint": "cd" * 32},
        "own_scores": [{"name": "something_new", "unit": label, "direction": "higher", "meaning": f"of {label}"}],
    })  # fmt: skip
    figures.save(run / "figures", "samples", {"events": np.random.default_rng(0).uniform(size=(4, 8, 8, 1))})
    figures.save(run / "figures", "codes", {"codes": np.zeros((3, 2))})
    (run / "figures" / "my own.png").write_bytes((run / "figures" / "codes.png").read_bytes())
    return run


def read(run: Path) -> tuple[str, Reader]:
    page = report.write(run).read_text("utf-8")
    return page, Reader(page)


def test_the_page_holds_all_scores_settings_layers_and_the_command(tmp_path: Path):
    _, seen = read(finished(tmp_path / "vae-s0"))
    for said in ("vae-s0", "done", "9,380 steps", "collapse", "python -m experiments.vae --net mlp"):
        assert said in seen.text
    for name, value in SCORES.items():
        assert f"{value:.7g}" in seen.words
        assert name.partition("/")[2] in seen.words
    assert {"−103.25", "87.98", "15.27", "−101.50", "12", "nats per example"} <= set(seen.words)
    assert {"widths", "512 256", "401,920", "0.10.2", "cd" * 32, "ab" * 32} <= set(seen.words)


def test_the_page_says_what_to_try_next_and_what_a_score_of_ones_own_is(tmp_path: Path):
    _, seen = read(finished(tmp_path, "mlp"))
    assert "more mlp: --epochs 8" in " ".join(seen.text.split())
    at = seen.words.index("something_new")
    assert [word for word in seen.words[at : at + 5] if word.strip()] == [
        "something_new",
        "0.000123",
        "mlp",
        "higher",
        "of mlp",
    ]


@pytest.mark.parametrize(("levels", "said"), [(256, True), (2, False)])
def test_bounds_of_grey_data_by_a_bernoulli_likelihood_are_none_of_a_density(tmp_path: Path, levels, said):
    run = finished(tmp_path)
    put(run, "config.json", {"schema": 1, "experiment": "vae", "config": {"net": "mlp", "likelihood": "auto"}})
    put(run, "manifest.json", {"data": {"name": "digits", "spec": {"values": "unit", "levels": levels}}})
    _, seen = read(run)
    assert ("no density over grey values" in seen.text) == said


def test_the_page_needs_nothing_but_itself(tmp_path: Path):
    page, seen = read(finished(tmp_path))
    links = [value for name, value in seen.attributes if name in ("src", "href", "srcset", "action")]
    assert links
    assert all(link.startswith("data:image/png;base64,") for link in links)
    assert not re.search(r"https?://|url\(|@import", page)
    assert not {"script", "link", "iframe"} & set(seen.tags)
    assert str(tmp_path) not in page


def test_every_picture_is_shown_whole(tmp_path: Path):
    _, seen = read(finished(tmp_path))
    shown = {base64.b64decode(v.partition(",")[2]) for name, v in seen.attributes if name == "src"}
    assert shown == {path.read_bytes() for path in (tmp_path / "figures").glob("*.png")}
    assert len([tag for tag in seen.tags if tag == "img"]) == 3


def test_words_from_files_stay_words(tmp_path: Path):
    _, plain = read(finished(tmp_path / "plain"))
    _, seen = read(finished(tmp_path / "hostile", HOSTILE))
    assert seen.tags == plain.tags
    assert HOSTILE in seen.text
    assert "onerror" not in dict(seen.attributes)


@pytest.mark.parametrize(
    ("condition", "found", "told"),
    [("none", True, ""), ("label", False, "told the class"), ("factors", False, "told the condition")],
)
def test_of_a_model_that_is_told_the_class_no_island_says_that_the_code_found_it(tmp_path, condition, found, told):
    run = finished(tmp_path / "run")
    put(run, "config.json", {"schema": 1, "experiment": "experiments.vae", "config": {"condition": condition}})
    _, seen = read(run)
    assert ("the code found the class" in seen.text) == found
    assert told in seen.text


def test_a_run_that_has_not_finished_has_a_page_with_its_curves(tmp_path: Path):
    put(tmp_path, "config.json", {"schema": 1, "experiment": "experiments.vae", "config": {"lr": 0.001}})
    put(tmp_path, "status.json", {"state": "failed", "step": 40, "reason": "loss is not finite at step 41"})
    put(tmp_path, "metrics.jsonl", {"step": 20, "epoch": 1.0, "split": "train", "loss": 3.0})
    with (tmp_path / "metrics.jsonl").open("a") as file:
        file.write("\n")
    _, seen = read(tmp_path)
    for said in ("failed", "not finite at step 41", "No scores yet", "0.001"):
        assert said in seen.text
    assert "train 3" in seen.text
    assert seen.tags.count("svg") == 1


def test_settings_that_are_off_are_folded_away(tmp_path: Path):
    config = {"lr": 0.001, "seed": 0, "clip": 0.0, "split": "", "corruption": "none", "binarize": False}
    put(tmp_path, "config.json", {"schema": 1, "experiment": "experiments.vae", "config": config})
    page, _ = read(tmp_path)
    shown, _, folded = page.partition("4 settings that are off")
    assert all(name in shown for name in ("lr", "seed"))
    assert all(name in folded and f">{name}<" not in shown for name in ("clip", "split", "corruption", "binarize"))


@pytest.mark.parametrize("absent", ["summary.json", "manifest.json", "status.json"])
def test_what_is_absent_is_left_out(absent, tmp_path: Path):
    (finished(tmp_path) / absent).unlink()
    _, seen = read(tmp_path)
    assert "None" not in seen.text


def test_the_same_run_gives_the_same_page(tmp_path: Path):
    page, _ = read(finished(tmp_path))
    assert read(tmp_path)[0] == page


def test_scores_that_are_no_numbers_are_shown_as_they_are(tmp_path: Path):
    put(finished(tmp_path), "summary.json", {"scores": {"test/elbo": float("nan"), "test/rate": None}})
    assert "nan" in read(tmp_path)[1].words


def test_a_folder_that_is_no_run_is_one_line_that_says_so(tmp_path: Path):
    with pytest.raises(ConfigError, match=r"not a run folder"):
        report.write(tmp_path)
