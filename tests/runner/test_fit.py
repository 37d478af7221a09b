"""`aelab.fit`: arrays in, a run folder and its model out."""

import inspect
import json
import re
import textwrap

import flax.linen as nn
import jax.numpy as jnp
import numpy as np
import pytest

import aelab
from aelab import objectives
from aelab.audit.verify import verify
from aelab.errors import ConfigError, DataError
from aelab.runner import own_arrays
from aelab.runner.fit import described

TINY = {"epochs": 1, "batch_size": 8, "figures": "none", "importance_samples": 0}


class Sums(nn.Module):
    """An encoder of series: sums over what is there."""

    width: int = 4
    takes = ("mask",)

    @nn.compact
    def __call__(self, x, mask=None):
        there = jnp.ones(x.shape[:2], bool) if mask is None else mask
        return nn.Dense(self.width)(jnp.where(there[..., None], x, 0).sum(1))


def twice(model, params, key, batch, *, step, hyper, extra=()):
    """Twice the ELBO's loss."""
    loss = objectives.elbo(model, params, key, batch, step=step, hyper=hyper)
    return loss._replace(value=2 * loss.value)


def unequal(count: int = 20) -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    return [rng.normal(size=(3 + i % 3, 2)) for i in range(count)]


@pytest.mark.ci
def test_the_example_of_its_docstring_leaves_a_run_that_every_verb_reads(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    said = inspect.getdoc(aelab.fit) or ""
    example = textwrap.dedent(re.findall(r"\n\n((?:    .*\n)+)", said)[0])
    assert example.startswith("x = ")
    names = {"aelab": aelab, "np": np}
    exec(compile(example, "docstring", "exec"), names)
    fitted = names["fitted"]
    assert "(8, 2)" in capsys.readouterr().out
    assert (tmp_path / "runs" / "mine" / "report.html").is_file()
    _, params, config = aelab.load(fitted.run)
    assert config == fitted.config.__class__(**{**vars(config)})
    np.testing.assert_array_equal(*(p["model"]["encoder"]["Dense_0"]["kernel"] for p in (params, fitted.params)))
    assert verify(fitted.run).damage == []


def test_parts_of_ones_own_train_on_series_of_unequal_length_and_are_read_by_the_same_call(tmp_path):
    def call(**more):
        return aelab.fit(unequal(), run_dir=tmp_path, net=Sums(), objective=twice, latent_dim=2, **TINY, **more)

    first = call()
    made = json.loads((tmp_path / "config.json").read_text())
    assert made["experiment"] == "aelab.fit"
    assert re.fullmatch(r"net Sums-\w{8}, objective twice-\w{8}", made["config"]["own_parts"])
    before = (tmp_path / "summary.json").stat().st_mtime_ns
    again = call()
    assert (tmp_path / "summary.json").stat().st_mtime_ns == before
    np.testing.assert_array_equal(again.params["model"]["encoder"]["Dense_0"]["kernel"],
                                  first.params["model"]["encoder"]["Dense_0"]["kernel"])  # fmt: skip
    rows = [json.loads(line) for line in (tmp_path / "metrics.jsonl").read_text().splitlines()]
    train = next(row for row in rows if row["split"] == "train")
    assert train["loss"] == pytest.approx(2 * (train["distortion"] + train["rate"]), rel=1e-5)
    with pytest.raises(ConfigError, match=r"call aelab\.fit again with the same arguments"):
        aelab.load(tmp_path)
    with pytest.raises(ConfigError, match="made by another config"):
        call(lr=0.1)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"bata": 2.0}, "bata: no such setting; nearest: beta"),
        ({"runs_dir": "elsewhere"}, "runs_dir: no such setting"),
        ({"lr": -1.0}, "--lr: must be a finite number above 0"),
        ({"net": "lstn"}, "--net must be one of"),
        ({"net": 3}, r"net: got 3; give a name, an encoder, a pair"),
        ({"script": "lae"}, "script: no 'lae' trains a run"),
        ({"script": "vq", "objective": twice}, "objective: vq takes none of one's own"),
    ],
)
def test_what_does_not_fit_is_one_line_and_leaves_no_folder(tmp_path, asked, said):
    with pytest.raises(ConfigError, match=said) as error:
        aelab.fit(np.zeros((20, 3)), run_dir=tmp_path / "run", **asked)
    assert "\n" not in str(error.value)
    assert not (tmp_path / "run").exists()


def test_other_data_in_a_folder_is_refused(tmp_path):
    x = np.array([[1.0, np.nan], [2.0, 3.0]])
    assert own_arrays.keep(tmp_path, {"x_train": x}) == own_arrays.keep(tmp_path, {"x_train": x.copy()})
    for other in ({"x_train": x + 1}, {"x_train": x.astype(np.float32)}, {"x_train": x, "y_train": [0, 1]}):
        with pytest.raises(ConfigError, match="begun with other data"):
            own_arrays.keep(tmp_path, other)


def test_series_of_unequal_length_end_in_nan():
    x = own_arrays.as_array([np.arange(2), np.arange(3)], "x")
    np.testing.assert_array_equal(x[..., 0], [[0, 1, np.nan], [0, 1, 2]])
    with pytest.raises(DataError, match="series of different channels"):
        own_arrays.as_array([np.zeros((2, 1)), np.zeros((3, 2))], "x")
    with pytest.raises(DataError, match="x: object is no type of number"):
        own_arrays.as_array(np.array([None, 1]), "x")


def test_parts_are_told_apart_by_what_they_are_made_of():
    assert described(Sums()) == described(Sums(4)) != described(Sums(5))
    assert described(twice) != described(objectives.elbo)
    assert described((Sums(), Sums(5))) == f"{described(Sums())} + {described(Sums(5))}"
