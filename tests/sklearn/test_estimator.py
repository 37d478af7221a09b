"""What scikit-learn asks of an estimator, in short, and what is this one's own."""

import jax
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from aelab.batch import Hyper
from aelab.errors import ConfigError, DataError
from aelab.sklearn import Autoencoder, fitting
from aelab.sklearn.options import recipe_of
from aelab.sklearn.recipe import experiment
from aelab.sklearn.scale import standardising
from aelab.sklearn.splitting import held_out


def small(**parameters):
    return Autoencoder(
        **{"latent_dim": 2, "widths": (8,), "epochs": 3, "batch_size": 32, "random_state": 0} | parameters
    )


def test_codes_and_rows_have_their_shapes_types_and_names(fitted, table):
    for kind in ("f8", "f4"):
        z = fitted.transform(table.astype(kind))
        back = fitted.inverse_transform(z)
        assert (z.shape, z.dtype, back.shape, back.dtype) == ((80, 2), kind, (80, 3), kind)
    assert fitted.get_feature_names_out().tolist() == ["autoencoder0", "autoencoder1"]


def test_a_seed_repeats_a_fit(fitted, table):
    np.testing.assert_array_equal(clone(fitted).fit(table).transform(table), fitted.transform(table))
    assert (small(random_state=1).fit(table).transform(table) != fitted.transform(table)).all()


def test_a_fit_lowers_the_loss(table):
    losses = small(epochs=40).fit(table).loss_curve_
    assert len(losses) == 40
    assert losses[-1] < losses[0] - 0.5


def test_a_warm_start_goes_on_and_a_cold_one_begins_anew(table):
    model = small(warm_start=True, epochs=40).fit(table)
    before = model.loss_curve_[-1]
    assert model.fit(table).loss_curve_[0] < before + 0.3
    assert model.set_params(warm_start=False).fit(table).loss_curve_[0] > before + 0.5


def test_parts_of_a_table_one_after_the_other(table):
    model = small(lr=1e-2)
    for _ in range(12):
        model.partial_fit(table[:40]).partial_fit(table[40:])
    assert model.n_iter_ == 24
    assert int(model.state_.step) == 48
    np.testing.assert_allclose(model.scale_.shift, table[:40].mean(0))  # the first part sets the units
    assert model.loss_curve_[-1] < model.loss_curve_[0] - 0.5


def test_patience_keeps_the_parameters_that_held_out_rows_like_best(table):
    model = small(patience=2, lr=0.3, epochs=60, validation=0.3).fit(table)  # so large a rate that losses rise again
    assert len(model.validation_curve_) < 60
    rows = model.scale_.seen(table[held_out(len(table), 0.3, model.seed_)])
    plan = fitting.Plan(1, 32, seed=model.seed_)
    loss = fitting.loss_of(model.recipe_, model.state_.params, rows, plan, model._numbers(1))
    assert loss == pytest.approx(min(model.validation_curve_), rel=1e-6)


def test_masking_hides_entries_from_the_encoder_and_not_from_the_bound():
    recipe = recipe_of(small(masking=0.25).get_params(), 3)
    rows = np.ones((2000, 3), "f4")
    batch = fitting.batch_of(recipe, rows, np.ones(2000), np.arange(2000))
    spoilt = experiment(recipe).corruption(jax.random.key(0), batch, Hyper(noise=0.25))
    assert float((spoilt.inputs == 0).mean()) == pytest.approx(0.25, abs=0.02)
    np.testing.assert_array_equal(spoilt.targets, rows)
    assert experiment(recipe._replace(masking=False)).corruption is None


def test_an_epoch_meets_each_row_once():
    order = np.asarray(fitting.shuffled(jax.random.key(0), 256, 37))
    assert sorted(order[:37]) == list(range(37))
    assert sorted(order) == list(range(256))
    assert (order[:37] != np.arange(37)).any()


def test_units_are_those_of_what_was_observed():
    x = np.array([[1.0, 5.0, np.nan], [3.0, 5.0, 2.0], [np.nan, 5.0, 4.0]])
    scale = standardising(x)
    np.testing.assert_allclose(scale.shift, [2, 5, 3])
    np.testing.assert_allclose(scale.scale, [1, 1, 1])  # the column in the middle does not vary
    np.testing.assert_allclose(scale.restored(scale.seen(x)), x)
    np.testing.assert_allclose(standardising(x * (4, 1, 2)).log_volume(x), np.log([4, 8, 2]))


@pytest.mark.parametrize(
    ("parameters", "line"),
    [
        ({"latent_dim": 0}, "latent_dim: got 0; give a whole number from 1 on"),
        ({"widths": 8}, "widths: got 8; give a sequence of whole numbers from 1 on"),
        ({"lr": -1.0}, "lr: got -1.0; give a number above 0"),
        ({"objective": "factor"}, "objective: got 'factor'; give one of elbo, "),
        ({"alarms": 0.7}, "alarms: got 0.7; give None, or a number above 0, at most 0.5"),
    ],
)
def test_a_parameter_out_of_bounds_is_one_line(parameters, line, table):
    with pytest.raises(ConfigError, match=line):
        small(**parameters).fit(table)


def test_tables_that_cannot_be_are_one_line(table, fitted):
    with pytest.raises(DataError, match="X: column 1, counted from 0, holds no value; drop it"):
        small().fit(np.where(np.arange(3) == 1, np.nan, table))
    with pytest.raises(DataError, match="X: bernoulli needs values in"):
        small(likelihood="bernoulli").fit(table)
    with pytest.raises(DataError, match="X: 3 columns, and a code has 2"):
        fitted.inverse_transform(table)


@pytest.mark.parametrize("frames", ["pandas", "polars"])
def test_frames_go_in_and_come_out(frames, table):
    library = pytest.importorskip(frames)
    frame = library.DataFrame({"a": table[:, 0], "b": table[:, 1], "c": table[:, 2]})
    model = small().set_output(transform=frames).fit(frame)
    z = model.transform(frame)
    assert isinstance(z, library.DataFrame)
    assert list(z.columns) == ["autoencoder0", "autoencoder1"]
    assert model.feature_names_in_.tolist() == ["a", "b", "c"]
    np.testing.assert_array_equal(z.to_numpy(), small().fit(table).transform(table))


@pytest.mark.long
def test_a_search_over_a_pipeline_finds_the_width_of_the_code():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(200, 2)) @ rng.normal(size=(2, 6)) + 0.1 * rng.normal(size=(200, 6))
    pipeline = make_pipeline(StandardScaler(), small(widths=(), epochs=150, lr=1e-2))
    search = GridSearchCV(pipeline, {"autoencoder__latent_dim": [1, 2]}, cv=3).fit(x)
    assert search.best_params_ == {"autoencoder__latent_dim": 2}
    assert len(cross_val_score(search.best_estimator_, x, cv=3)) == 3
    two = GridSearchCV(pipeline, {"autoencoder__latent_dim": [2]}, cv=2, n_jobs=2).fit(x)  # in processes of joblib
    assert np.isfinite(two.best_score_)
