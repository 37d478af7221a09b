"""The page in a real browser: clicks, drags and keys, and the network switched off."""

import json
import threading

import jax
import numpy as np
import pytest
from browser import CHROMIUM, browser

from aelab import nets
from aelab.config import Config
from aelab.explore import PageServer, contents, page
from aelab.explore.page import rule_of
from aelab.explore.trace import program_of
from aelab.explore.weights import Weights
from aelab.seeds import key_shape

pytestmark = [pytest.mark.long, pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed")]
PIXELS = """((c) => Array.from(c.getContext("2d").getImageData(0, 0, c.width, c.height).data).join())(
    document.querySelector({}))"""

ROUNDS = """
    const round = () => middle(Array.from({ length: 21 }, () => {
        const start = performance.now();
        built.run();
        return performance.now() - start;
    }));
    return Math.min(...Array.from({ length: 5 }, round));
"""


@pytest.fixture(scope="module")
def tab(finished, tmp_path_factory):
    folder = tmp_path_factory.mktemp("page")
    (folder / "page.html").write_text(page(contents(finished)))
    with browser(folder / "profile") as tab:
        tab.ask("Network.emulateNetworkConditions", offline=True, latency=0, downloadThroughput=0, uploadThroughput=0)
        tab.size(1100, 900)
        tab.open(f"file://{folder / 'page.html'}")
        tab.wait(1)
        yield tab
        assert tab.mistakes() == []
        assert all(address.startswith(("file:", "data:", "http://127.0.0.1:")) for address in tab.loaded())


def seen(tab, selector: str) -> str:
    tab.wait(0.2)
    return tab.run(PIXELS.format(repr(selector)))


def test_a_slider_changes_the_image(tab):
    before = seen(tab, "#sliders figure canvas")
    tab.drag("#sliders .slider input", (0.5, 0.5), (0.95, 0.5))
    moved = seen(tab, "#sliders figure canvas")
    assert moved != before
    tab.key("ArrowLeft")
    assert seen(tab, "#sliders figure canvas") != moved


def test_a_click_on_the_map_decodes_the_place(tab):
    before = seen(tab, "#map .view canvas")
    tab.drag("#map canvas.map", (0.2, 0.3))
    clicked = seen(tab, "#map .view canvas")
    assert clicked != before
    tab.key("ArrowRight")
    assert seen(tab, "#map .view canvas") != clicked


def test_the_way_between_two_images(tab):
    before = seen(tab, "#between figure canvas")
    tab.drag("#between .slider input", (0.5, 0.5), (0.02, 0.5))
    assert seen(tab, "#between figure canvas") != before


def test_what_is_drawn_is_rebuilt(tab):
    tab.click("#drawing .tools button")
    rebuilt = "#drawing .row > figure:last-child canvas"
    blank, before = seen(tab, "#drawing .paint canvas"), seen(tab, rebuilt)
    tab.drag("#drawing .paint canvas", (0.3, 0.2), (0.5, 0.5), (0.7, 0.8))
    drawn = seen(tab, "#drawing .paint canvas")
    assert drawn != blank
    assert seen(tab, rebuilt) != before
    tab.key("ArrowRight")
    tab.key(" ")
    assert seen(tab, "#drawing .paint canvas") != drawn


def test_a_hole_is_painted_and_filled_and_the_rest_is_kept(tab):
    (nothing,) = [
        i
        for i in (1, 2)
        if tab.run(f"document.querySelectorAll('#hole .tools button')[{i - 1}].textContent") == "No hole"
    ]
    tab.click(f"#hole .tools button:nth-child({nothing})")
    whole = seen(tab, "#hole .row > div canvas").split(",")
    tab.drag("#hole .paint canvas", (0.3, 0.5), (0.7, 0.5))
    tab.wait(1)
    holed, filled = (seen(tab, f"#hole {where} canvas").split(",") for where in (".paint", ".row > div"))
    hole = [i for i, (a, b) in enumerate(zip(whole, holed, strict=True)) if a != b]
    assert 8 < len(hole) < len(whole) / 2
    assert all(filled[i] == whole[i] for i in set(range(len(whole))) - set(hole))
    assert any(filled[i] != whole[i] for i in hole)
    guesses = {seen(tab, f"#hole .small canvas:nth-child({i})") for i in (1, 2, 3, 4)}
    assert len(guesses) == 4
    assert "pixels filled" in tab.run("document.querySelector('#hole [role=status]').textContent")


def test_a_decode_takes_less_than_20_ms(tab):
    assert tab.run("decodeTime()") < 20


def test_a_phone_has_one_column_and_nothing_sticks_out(tab):
    tab.size(390, 844, mobile=True)
    tab.wait(0.3)
    assert tab.run("document.documentElement.scrollWidth") == 390
    lefts = tab.run("[...document.querySelectorAll('#drawing figure')].map((f) => f.getBoundingClientRect().left)")
    assert lefts[0] == lefts[1]


def test_a_finger_paints_and_does_not_scroll(tab):
    tab.size(390, 844, mobile=True)
    before, top = seen(tab, "#drawing .paint canvas"), tab.place("#drawing .paint canvas")["y"]
    tab.touch("#drawing .paint canvas", (0.2, 0.8), (0.5, 0.6), (0.8, 0.4))
    assert seen(tab, "#drawing .paint canvas") != before
    y = tab.run("document.querySelector('#drawing .paint canvas').getBoundingClientRect().y")
    assert y == pytest.approx(top, abs=1)


def test_the_server_shows_the_same_page(tab, finished):
    found = contents(finished)
    with PageServer(page(found), rule_of()) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        tab.ask(
            "Network.emulateNetworkConditions", offline=False, latency=0, downloadThroughput=-1, uploadThroughput=-1
        )
        tab.open(server.address)
        tab.wait(1)
        assert tab.run("document.querySelectorAll('section').length") == 5
        assert tab.mistakes() == []
        assert [address for address in tab.loaded() if address.startswith("http")] == [server.address]
        server.shutdown()


@pytest.mark.parametrize("net", nets.menu)
def test_nets_of_the_usual_size_decode_in_less_than_20_ms(tab, net):
    """An image of 28 × 28 and a series of 140 steps; the median, of the calmest of five rounds."""
    for event in ((28, 28, 1), (140, 1)):
        _, decoder = nets.menu[net](Config(net=net), event, event)
        shapes = jax.eval_shape(decoder.init, key_shape(), np.zeros((1, 16), np.float32))
        params = jax.tree.map(lambda w: np.full(w.shape, 0.01, np.float32), shapes)
        weights = Weights()
        program = program_of(lambda z: (decoder.apply(params, z),), [jax.ShapeDtypeStruct((1, 16), "float32")], weights)  # noqa: B023
        given = f"build({json.dumps(program.as_json())}, readWeights({json.dumps(weights.as_json())}))"
        assert tab.run(f"(() => {{ const built = {given}; {ROUNDS} }})()") < 20


def test_everything_one_can_touch_has_a_name(tab):
    nameless = """[...document.querySelectorAll("button, input, select, canvas:not([aria-hidden])")].filter(
        (e) => !e.getAttribute("aria-label") && !e.textContent && !(e.labels && e.labels.length)).length"""
    assert tab.run(nameless) == 0
