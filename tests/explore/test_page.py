"""The page of a tiny run: what it holds, and that it loads nothing."""

import json
import re
from html.parser import HTMLParser

import numpy as np
import pytest
from sklearn.decomposition import PCA

import aelab
from aelab.cli.main import main
from aelab.errors import ConfigError
from aelab.explore import PageServer, contents, page, show
from aelab.explore.codes import code_map
from aelab.explore.contents import source_of, spread_over
from aelab.explore.page import SCRIPTS, digest, part
from aelab.export.export import export

LOADING = {"src", "href", "action", "data", "poster", "srcset", "background", "ping", "formaction"}


class Reader(HTMLParser):
    """The attributes of a page, and what stands inside its elements."""

    def __init__(self, text: str):
        super().__init__()
        self.attributes, self.inside, self.last = [], {}, ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        self.last = tag + "".join(value or "" for name, value in attrs if name == "type")

    def handle_data(self, data):
        self.inside[self.last] = self.inside.get(self.last, "") + data

    def handle_endtag(self, tag):
        self.last = ""


@pytest.fixture(scope="module")
def found(finished):
    return contents(finished)


@pytest.fixture(scope="module")
def read(found):
    return Reader(page(found | {"title": "</script><script>alert(1)</script>"}))


def test_nothing_is_loaded(read):
    named = [(tag, name, value) for tag, name, value in read.attributes if name in LOADING]
    assert named == [("link", "href", "data:,")]
    assert not re.search(r"@import|url\(", part("page.css"))
    script = "".join(map(part, SCRIPTS))
    asks = r"https?:|fetch\(|XMLHttpRequest|WebSocket|EventSource|sendBeacon|import\(|importScripts|\bWorker\("
    asks += r"|\beval\(|new Image"
    assert re.findall(asks, script) == []
    assert "innerHTML" not in script


def test_only_its_own_script_and_style_may_run(read):
    (rule,) = [value for tag, name, value in read.attributes if tag == "meta" and "default-src" in value]
    assert "default-src 'none'" in rule
    assert f"script-src '{digest(read.inside['script'])}'" in rule
    assert f"style-src '{digest(read.inside['style'])}'" in rule
    assert not any(name.startswith("on") or name == "style" for _, name, _ in read.attributes)


def test_a_name_from_a_file_says_nothing_to_the_browser(read):
    assert json.loads(read.inside["scriptapplication/json"])["title"] == "</script><script>alert(1)</script>"
    assert "alert(1)" not in read.inside["script"]


def test_numbers_stand_in_the_order_of_their_kl(found, finished):
    code = found["code"]
    model, params, _ = aelab.load(finished)
    batch = aelab.events(finished)
    assert len(code["map"]["places"]) == len(batch.inputs)  # digits has fewer test events than the map may hold
    q = model.encode(params, batch.inputs)
    rates = 0.5 * (np.square(q.mean) + np.exp(q.log_variance) - 1 - q.log_variance).mean(0)  # against N(0, I)
    np.testing.assert_allclose(code["used"], rates, rtol=1e-3)
    assert code["order"] == np.argsort(-rates).tolist()


def test_the_map_shows_principal_components():
    codes = np.random.default_rng(0).normal(size=(50, 4)) * [3, 2, 1, 0.1]
    found = code_map(codes)
    pca = PCA(2).fit(codes)
    np.testing.assert_allclose(np.abs(found["places"]), np.abs(pca.transform(codes)), atol=1e-4)
    back = np.array(found["mean"]) + np.array(found["places"]) @ np.array(found["directions"])
    np.testing.assert_allclose(back, pca.inverse_transform(pca.transform(codes)), atol=1e-4)


def test_events_are_of_all_classes():
    labels = np.repeat([0, 1, 2, 3], [90, 5, 3, 2])
    assert np.bincount(labels[spread_over(labels, 100)]).tolist() == [6, 5, 3, 2]
    assert spread_over(None, 3).tolist() == [0, 1, 2]


def test_the_verb_writes_one_file(finished, tmp_path, capsys):
    path = tmp_path / "page.html"
    assert main(["explore", str(finished), "--html", str(path)]) == 0
    assert str(path) in capsys.readouterr().out
    assert path.read_text().startswith("<!doctype html>")
    assert main(["explore", str(finished), "--html", str(tmp_path / "none" / "page.html")]) == 8
    assert "choose another --html" in capsys.readouterr().err


def test_an_exported_model_has_the_same_page(found, finished, tmp_path):
    assert contents(export(finished, tmp_path / finished.name)) == found


def test_export_puts_the_page_beside_the_model(finished, tmp_path):
    asked = ["export", str(finished), "--output", str(tmp_path / "model"), "--formats", "safetensors", "--html"]
    assert main(asked) == 0
    assert (tmp_path / "model" / "page.html").read_text().startswith("<!doctype html>")
    assert "`page.html`: a page to play with" in (tmp_path / "model" / "README.md").read_text()


def test_no_folder_of_ones_own_is_told():
    assert source_of("csv:/home/me/secret/wine.csv") == "csv:wine.csv"
    assert [source_of(name) for name in ("digits", "tfds:a/b")] == ["digits", "tfds:a/b"]


def test_ctrl_c_ends_the_server_with_one_line(found, monkeypatch, capsys):
    def interrupted(server):
        raise KeyboardInterrupt

    monkeypatch.setattr(PageServer, "serve_forever", interrupted)
    show(found)
    first, last = capsys.readouterr().out.splitlines()
    assert re.match(r"http://127\.0\.0\.1:\d+/ shows ", first)
    assert last == "ended"


def test_no_run_is_said(tmp_path):
    with pytest.raises(ConfigError, match="not a run folder"):
        contents(tmp_path)
