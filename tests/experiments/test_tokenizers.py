"""The table of quantised codes: its rows are recipes of their own, with as many codes as they say."""

import itertools
import math
from types import SimpleNamespace

import pytest

from aelab.errors import ConfigError
from experiments import tokenizers, vq

CONFIG = tokenizers.Config(data="digits")
SPLITS = SimpleNamespace(spec=SimpleNamespace(values="unit"))


def test_all_kinds_have_about_as_many_codes_at_a_place():
    for codes, quantiser in itertools.product(CONFIG.codes, CONFIG.quantisers):
        made = tokenizers.job(CONFIG, SPLITS, codes, quantiser, 0).config
        book = vq.book(made)
        assert math.log2(codes) == pytest.approx(book.depth * math.log2(book.codes), rel=0.02), (codes, quantiser)


def test_a_number_without_a_grid_is_an_error():
    with pytest.raises(ConfigError, match=r"^--codes: no 100; there are 64, 256"):
        tokenizers.require_grids((64, 100))


def test_a_line_has_the_mean_over_the_seeds_and_the_bits_of_an_event():
    scores = {"codes": 64, "quantiser": "vq", "rate": 49 * math.log(64), "squared_error": 8.0, "perplexity": 30.0}
    rows = [{**scores, "seed": seed, "distortion": 200.0 + seed, "usage": 0.5} for seed in (0, 2)]
    assert tokenizers.table(rows).splitlines()[-1] == (
        "| 64 | vq | 0 2 | 294 | 201.00 ± 1.41 | 8.00 ± 0.00 | 30.0 ± 0.0 | 50.0 ± 0.0 |"
    )
