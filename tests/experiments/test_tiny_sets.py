"""Tasks on sets too small, or of another kind than they need: right scores or one line, before anything trains."""

import dataclasses

import numpy as np
import pytest

from aelab.data.arrays import ArraySource
from aelab.data.source import Spec, Splits
from aelab.errors import AelabError, ConfigError, DataError
from experiments import generate, reduce
from experiments.common import tasks
from experiments.common.sealed import Sealed

RNG = np.random.default_rng(0)


def made(train, test, shape=(4, 4, 1), classes=("a", "b")):
    spec = Spec(shape, "float32", "unit", classes=classes)
    label = (lambda n: np.arange(n) % len(classes)) if classes else (lambda n: None)
    sources = [ArraySource(RNG.random((n, *shape), np.float32), label(n), spec) for n in (train, test)]
    return Splits("made", spec, sources[0], None, sources[1])


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


FINE = generate.Config(samples=2, components=4)
REFUSED = {
    "no classes": (made(9, 3, classes=()), {}, DataError, "images with classes"),
    "no images": (made(9, 3, shape=(5,)), {}, DataError, "images with classes"),
    "one test event": (made(9, 1), {}, DataError, "one test event"),
    "more components than events": (made(9, 3), {"components": 10}, ConfigError, "at most 9"),
    "one sample": (made(9, 3), {"samples": 1}, ConfigError, "--samples: 1"),
    "no seed": (made(9, 3), {"seeds": ()}, ConfigError, "--seeds"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_random_codes_cannot_be_judged_by_is_refused_in_one_line(what):
    splits, changed, kind, said = REFUSED[what]
    with pytest.raises(kind, match=said) as error:
        generate.require_fitting(dataclasses.replace(FINE, **changed), splits)
    assert "\n" not in str(error.value)
    generate.require_fitting(FINE, made(9, 3))


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
    assert not tasks.load(f"npz:{tmp_path / 'whole.npz'}").spec.missing
    with pytest.raises(DataError, match=r"entries are missing.*fill them in"):
        tasks.load(f"npz:{tmp_path / 'a.npz'}")
    spec = Spec((3,), "float32", "real", missing=True)
    source = ArraySource(x, None, spec)
    with pytest.raises(AelabError, match="entries are missing"):
        Sealed(Splits("made", spec, source, None, source))
