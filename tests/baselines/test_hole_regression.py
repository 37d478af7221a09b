import numpy as np
from sklearn.linear_model import Ridge

from aelab.baselines.hole_regression import beside, regression


def test_it_is_ridge_regression_of_scikit_learn_on_what_is_seen_and_where_holes_are():
    rng = np.random.default_rng(0)
    clean, hidden = rng.normal(size=(80, 4, 3)) @ rng.normal(size=(3, 3)) + 2, rng.random((80, 4, 3)) < 0.4
    seen = np.where(hidden, 0, clean)
    guess = regression(clean, seen, hidden).fill(seen, hidden, 0.3)
    theirs = Ridge(0.3 * 80).fit(beside(seen, hidden), clean.reshape(80, -1))
    expected = theirs.predict(beside(seen, hidden)).reshape(clean.shape)
    np.testing.assert_allclose(guess, np.where(hidden, expected, seen), rtol=1e-8)


def test_holes_of_two_shapes_alone_which_make_the_sums_singular_are_filled():
    rng = np.random.default_rng(1)
    clean, hidden = rng.random((500, 20, 1)).astype(np.float32), np.zeros((500, 20, 1), bool)
    hidden[:250, :10], hidden[250:, 10:] = True, True
    seen = np.where(hidden, 0, clean)
    guess = regression(clean, seen, hidden).fill(seen, hidden, 1e-7)
    assert np.square(guess - clean)[hidden].mean() < 1.1 * clean.var()
