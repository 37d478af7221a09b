"""The menu: names, shares, and what no source may do."""

import subprocess
import sys

import numpy as np
import pytest

from aelab import data
from aelab.errors import ConfigError, DataError

EMBEDDED = ("fashion_small", "digits")  # and sprites, which are drawn


@pytest.mark.parametrize(
    ("typed", "nearest"),
    [
        ("minst", "tfds:mnist"),
        ("fashion_mnist", "tfds:fashion_mnist"),
        ("Digits", "digits"),
        ("fashion-small", "fashion_small"),
    ],
)
def test_an_unknown_name_is_told_the_nearest_and_the_known_ones(typed, nearest):
    with pytest.raises(DataError) as caught:
        data.load(typed)
    assert caught.value.code == 3
    message = str(caught.value)
    assert f"nearest: {nearest};" in message
    assert all(name in message for name in data.menu)
    assert "\n" not in message


@pytest.mark.parametrize("name", ["", ":", "digits:", "digits:8", "../digits", "os", "tfdsmnist", "ünïcode"])
def test_no_odd_name_passes(name):
    with pytest.raises(DataError, match="unknown set"):
        data.load(name)


@pytest.mark.parametrize("share", [-0.1, 1.0, 2.0, float("nan"), float("inf")])
def test_validation_is_a_share(share):
    with pytest.raises(ConfigError, match="--validation"):
        data.load("digits", validation=share)


@pytest.mark.parametrize("name", data.menu)
def test_load_never_touches_the_network(name, no_network, monkeypatch, tmp_path):
    monkeypatch.setenv("AELAB_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("TFDS_DATA_DIR", str(tmp_path))
    monkeypatch.setattr("aelab.data.tfds.DEBIAN", tmp_path / "none")
    if name in (*EMBEDDED, "sprites"):
        assert data.load(name).name == name
    else:
        with pytest.raises(DataError, match="AELAB_DATA_DIR"):
            data.load(name)


def test_the_menu_imports_nothing_heavy():
    code = "import sys, aelab.data; print([m for m in ('jax', 'sklearn', 'tensorflow_datasets') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "[]\n"


@pytest.mark.parametrize("name", EMBEDDED)
@pytest.mark.parametrize("share", [0.0, 0.1, 0.25])
def test_train_and_validation_are_disjoint_and_complete(name, share):
    whole, parts = data.load(name, validation=0), data.load(name, validation=share)
    assert whole.validation is None
    held = [parts.validation] if parts.validation else []
    assert bool(held) == bool(share)
    together = np.concatenate([part.x for part in (parts.train, *held)])

    def rows(x):
        return sorted(event.tobytes() for event in x)

    assert rows(together) == rows(whole.train.x)
    assert parts.test.fingerprint == whole.test.fingerprint


@pytest.mark.parametrize("name", EMBEDDED)
def test_a_set_is_the_same_every_time(name):
    first, second = data.load(name), data.load(name)
    for part in ("train", "validation", "test"):
        assert getattr(first, part).fingerprint == getattr(second, part).fingerprint
