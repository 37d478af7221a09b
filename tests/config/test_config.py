"""What names a run, and what a config may hold."""

import dataclasses

import pytest

from aelab.config import Config, check, from_json, identity, run_name, stored
from aelab.errors import ConfigError
from experiments import vae


def test_only_what_may_change_results_changes_the_name():
    base = identity("experiments.vae", vae.Config())
    for field, value in {
        "seed": 3,
        "runs_dir": "x",
        "parallel": "pmap",
        "devices": 2,
        "chunk": 7,
        "keep": 9,
        "json": True,
    }.items():
        assert identity("experiments.vae", dataclasses.replace(vae.Config(), **{field: value})) == base, field
    for field, value in {"lr": 2e-3, "beta": 4.0, "data": "digits", "epochs": 3, "widths": (8,)}.items():
        assert identity("experiments.vae", dataclasses.replace(vae.Config(), **{field: value})) != base, field
    assert identity("experiments.autoencoder", vae.Config()) != base


def test_cadence_of_evaluation_matters_only_to_patience():
    patient = dataclasses.replace(vae.Config(), patience=3)
    assert identity("v", vae.Config()) == identity("v", dataclasses.replace(vae.Config(), eval_every=2.0))
    assert identity("v", patient) != identity("v", dataclasses.replace(patient, eval_every=2.0))


def test_a_run_name_is_plain():
    config = dataclasses.replace(vae.Config(), data="tfds:MNIST/3d config", seed=12)
    name = run_name("experiments.vae", config)
    assert name.startswith("tfds.mnist_3d_config-mlp-z16-")
    assert name.endswith("-s12")


def test_a_stored_config_comes_back():
    config = dataclasses.replace(vae.Config(), widths=(3, 4), sigma="learned", epochs=2)
    assert from_json(vae.Config, stored(config)) == config


def test_an_unknown_stored_field_is_named():
    with pytest.raises(ConfigError, match="flavour"):
        from_json(Config, {**stored(Config()), "flavour": 1})


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("latent_dim", 0),
        ("lr", float("nan")),
        ("lr", 0.0),
        ("lr", float("inf")),
        ("validation", 1.0),
        ("seed", -1),
        ("widths", (5, 0)),
        ("beta", -1.0),
        ("sigma", 0.0),
        ("batch_size", 0),
        ("epochs", 0),
        ("eval_every", 0.0),
    ],
)
def test_numbers_out_of_bounds_name_their_flag(field, value):
    with pytest.raises(ConfigError, match="--" + field.replace("_", "-")):
        check(dataclasses.replace(vae.Config(), **{field: value}))


@pytest.mark.parametrize(
    ("data", "label"),
    [
        ("digits", "digits"),
        ("tfds:mnist:3.0.1", "tfds.mnist_3.0.1"),
        ("npz:/home/me/cells/A b.tar.npz", "npz.a_b"),
        ("images:~/Pictures/cats/", "images.cats"),
        ("images:..", "images..."),
        ("csv:" + "x" * 300 + ".csv", "csv." + "x" * 44),
    ],
)
def test_a_path_leaves_its_last_part_in_the_name_of_a_run(data, label):
    name = run_name("experiments.vae", dataclasses.replace(vae.Config(), data=data))
    assert name.startswith(f"{label}-mlp-z16-")


def test_what_a_data_set_is_read_with_belongs_to_the_run():
    base = vae.Config(data="images:a", image_size=64)
    for field, value in {"split": "train[:9%]", "image_size": 32, "colour": "grey", "label_column": "none"}.items():
        other = dataclasses.replace(base, **{field: value})
        assert identity("v", other) != identity("v", base)
        assert from_json(vae.Config, stored(other)) == other


def test_a_field_that_came_later_leaves_older_runs_their_names():
    plain = vae.Config()
    assert not {"classes", "corruption", "noise", "noise_range", "rebuild", "mirror"} & set(stored(plain))
    assert "classes" in stored(dataclasses.replace(plain, classes=(0,)))
    spoilt = dataclasses.replace(plain, corruption="gaussian", noise=0.2, noise_range=True)
    assert identity("v", spoilt) != identity("v", dataclasses.replace(spoilt, noise=0.1)) != identity("v", plain)
    assert from_json(vae.Config, stored(spoilt)) == spoilt
