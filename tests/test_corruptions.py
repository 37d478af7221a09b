"""Corruptions spoil the inputs as much as they say, leave the targets alone, and draw row by row."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from aelab import corruptions
from aelab.batch import Batch, Hyper
from aelab.errors import ConfigError
from aelab.nets.patches import Patches
from experiments import autoencoder

NAMES = ["gaussian", "salt_and_pepper", "masking", "occlusion", "binarisation"]


def grey(n=64, shape=(12, 10, 1)):
    x = np.full((n, *shape), 0.5, np.float32)
    return Batch(x, x, index=np.arange(n))


PROGRAMS = {
    name: jax.jit(getattr(corruptions, name)) for name in (*NAMES, "halves", "quadrants", "fixed_quadrants", "regions")
}


def spoil(name, batch, strength=0.25, seed=0):
    """What a corruption makes of a batch, as numpy's arrays; batches of one shape share a program."""
    return jax.tree.map(np.asarray, PROGRAMS[name](jax.random.key(seed), batch, strength))


@pytest.mark.parametrize("name", NAMES)
def test_same_key_same_holes_whatever_the_batch_mates(name):
    batch = grey()
    whole = spoil(name, batch).inputs
    np.testing.assert_array_equal(whole, spoil(name, batch).inputs)
    assert not np.array_equal(whole, spoil(name, batch, seed=1).inputs)
    rows = np.array([5, 60, 3])
    part = Batch(batch.inputs[rows], batch.targets[rows], index=rows)
    np.testing.assert_array_equal(spoil(name, part).inputs, whole[rows])


@pytest.mark.parametrize("name", NAMES[:-1])
def test_targets_stay_and_only_hidden_entries_change(name):
    batch = grey()
    spoilt = spoil(name, batch)
    np.testing.assert_array_equal(spoilt.targets, batch.targets)
    if spoilt.hidden is not None:
        np.testing.assert_array_equal(spoilt.hidden, spoilt.inputs != batch.inputs)


def test_gaussian_noise_has_its_standard_deviation_and_is_clipped():
    weak = spoil("gaussian", grey(400), 0.1).inputs
    np.testing.assert_allclose(weak.std(), 0.1, rtol=0.02)
    strong = spoil("gaussian", grey(400), 2.0).inputs
    assert (strong.min(), strong.max()) == (0, 1)


@pytest.mark.parametrize("share", [0.1, 0.3])
def test_shares_are_what_was_asked_for(share):
    spoilt = spoil("salt_and_pepper", grey(400), share)
    np.testing.assert_allclose(spoilt.hidden.mean(), share, atol=0.01)
    np.testing.assert_allclose((spoilt.inputs == 1).mean(), share / 2, atol=0.01)
    np.testing.assert_allclose((spoilt.inputs == 0).mean(), share / 2, atol=0.01)
    np.testing.assert_allclose(spoil("masking", grey(400), share).hidden.mean(), share, atol=0.01)


@pytest.mark.parametrize("shape", [(12, 10, 1), (9, 7, 3), (20, 2)])
def test_an_occlusion_is_one_box_that_goes_everywhere(shape):
    hidden = np.asarray(spoil("occlusion", grey(200, shape), 0.5).hidden)
    area = np.prod([round(0.5 * size) for size in shape[:-1]]) * shape[-1]
    assert (hidden.sum(tuple(range(1, hidden.ndim))) == area).all()
    assert hidden.any(0).all()  # every entry is hidden sometimes
    for axis in range(1, len(shape)):  # contiguous along each axis
        edges = np.diff(hidden.any(tuple(a for a in range(1, len(shape) + 1) if a != axis)).astype(int), axis=1)
        assert ((edges == 1).sum(1) <= 1).all()
        assert ((edges == -1).sum(1) <= 1).all()


def test_binarisation_keeps_the_mean_and_changes_both_sides():
    batch = grey(400)
    bits = spoil("binarisation", batch)
    np.testing.assert_array_equal(bits.inputs, bits.targets)
    assert set(np.unique(bits.inputs)) == {0, 1}
    np.testing.assert_allclose(bits.inputs.mean(), 0.5, atol=0.01)


def test_strength_may_be_traced_and_nothing_compiles_again():
    traced = []

    @jax.jit
    def occlude(strength):
        traced.append(strength)
        return corruptions.occlusion(jax.random.key(0), grey(), strength).hidden.mean()

    hidden = [float(occlude(jnp.float32(strength))) for strength in (0.2, 0.5, 0.8)]
    assert hidden == sorted(hidden)
    assert len(traced) == 1


@pytest.mark.parametrize("name", ["gaussian", "salt_and_pepper", "masking", "occlusion"])
def test_a_strength_a_row_is_that_strength_on_each_row(name):
    batch = grey(4, (8, 8, 1))
    strengths = np.array([0.1, 0.3, 0.6, 0.9], np.float32)
    whole = spoil(name, batch, strengths)
    for i, strength in enumerate(strengths):
        one = spoil(name, batch, strength)
        np.testing.assert_array_equal(whole.inputs[i], one.inputs[i])


def test_half_of_every_event_is_hidden_and_every_half_occurs():
    batch = grey(200, (6, 8, 1))
    hidden = spoil("halves", batch).hidden
    assert (hidden.sum((1, 2, 3)) == 24).all()
    assert len({each.tobytes() for each in hidden}) == 4


@pytest.mark.parametrize("taken", [1, 2, 3])
def test_so_many_quadrants_are_hidden(taken):
    batch = grey(200, (6, 8, 1))
    hidden = spoil("quadrants", batch, taken / 4).hidden
    corners = hidden[:, [0, 0, -1, -1], [0, -1, 0, -1], 0]
    assert (corners.sum(1) == taken).all()
    assert (hidden.sum((1, 2, 3)) == 12 * taken).all()


def test_a_range_of_strengths_is_uniform_from_nothing_to_the_strength():
    hidden = chosen(grey(500, (400,)), corruption="masking", noise=0.8, noise_range=True).hidden
    share = np.sort(hidden.mean(1))
    np.testing.assert_allclose(share, np.linspace(0, 0.8, 500), atol=0.08)


@pytest.mark.parametrize(
    ("fields", "values", "shape", "said"),
    [
        ({"noise": 0.1}, "unit", (8,), "there is none"),
        ({"corruption": "gaussian"}, "unit", (8,), "strength above 0"),
        ({"corruption": "salt_and_pepper", "noise": 0.1}, "real", (8,), "use gaussian"),
        ({"corruption": "quadrants", "noise": 0.25}, "unit", (8, 1), "needs images"),
    ],
)
def test_what_means_nothing_is_refused(fields, values, shape, said):
    with pytest.raises(ConfigError, match=said):
        corruptions.choose(autoencoder.Config(**fields), values, shape)


def test_noise_on_real_values_is_not_clipped():
    batch = grey(50, (20,))
    noisy = jax.jit(corruptions.named("gaussian", "real", (20,)))(jax.random.key(0), batch, 3.0).inputs
    np.testing.assert_allclose(np.std(noisy - batch.inputs), 3.0, rtol=0.1)


def test_fixed_quadrants_leave_what_pyro_observes():
    batch = grey(1, (8, 8, 1))
    seen = {n: ~spoil("fixed_quadrants", batch, n / 4).hidden[0, ..., 0] for n in (1, 2, 3)}
    assert seen[3][4:, :4].all()
    assert seen[3].sum() == 16
    assert seen[2][:, :4].all()
    assert seen[2].sum() == 32
    assert not seen[1][4:, 4:].any()
    assert seen[1].sum() == 48


def test_hidden_entries_hold_what_is_asked_for():
    spoilt = chosen(grey(4, (8, 8, 1)), corruption="occlusion", noise=0.5, fill=-1.0)
    np.testing.assert_array_equal(spoilt.inputs, np.where(spoilt.hidden, -1, 0.5))


def chosen(batch, **fields):
    """What a config makes of a batch."""
    config = autoencoder.Config(**fields)
    corrupt = corruptions.choose(config, "unit", batch.inputs.shape[1:])
    return jax.tree.map(np.asarray, jax.jit(corrupt)(jax.random.key(0), batch, Hyper(noise=config.noise)))


def test_what_is_hidden_is_independent_of_how_much():
    """Given the share hidden of a row, no single entry of it is hidden more often in strong rows than that share."""
    rows = 3000
    hidden = np.asarray(chosen(grey(rows, (100,)), corruption="masking", noise=0.8, noise_range=True).hidden, float)
    share = hidden.mean(1, keepdims=True)
    covariance = ((hidden - share) * (share - share.mean())).mean(0)
    assert abs(covariance).max() < 5 * 0.5 * share.std() / rows**0.5


def test_what_is_hidden_is_independent_of_the_bits():
    spoilt = chosen(grey(400), binarize=True, corruption="masking", noise=0.3)
    np.testing.assert_allclose(np.asarray(spoilt.targets)[spoilt.hidden].mean(), 0.5, atol=0.02)


def test_bits_are_one_with_the_value_of_their_pixel():
    x = np.broadcast_to(np.array([0.0, 0.1, 0.7, 1.0], "f4"), (4000, 4))
    bits = spoil("binarisation", Batch(x, x, index=np.arange(4000)))
    np.testing.assert_allclose(bits.targets.mean(0), [0, 0.1, 0.7, 1], atol=0.03)


def test_strengths_follow_the_index_of_a_row():
    settings = {"corruption": "masking", "noise": 0.8, "noise_range": True}
    batch, rows = grey(20, (50,)), np.array([11, 0, 7])
    part = Batch(batch.inputs[rows], batch.targets[rows], index=rows)
    np.testing.assert_array_equal(chosen(part, **settings).inputs, chosen(batch, **settings).inputs[rows])


def test_what_is_rebuilt_is_what_was_hidden_of_what_exists():
    mask = np.arange(9) < np.array([9, 4, 1])[:, None]
    batch = grey(3, (9, 2))._replace(mask=mask)
    spoilt = chosen(batch, corruption="masking", noise=0.5, rebuild="hidden")
    np.testing.assert_array_equal(spoilt.counted, spoilt.hidden & mask[..., None])
    assert spoilt.hidden.any()
    assert chosen(batch, corruption="masking", noise=0.5, rebuild="all").counted is None


def test_the_smallest_box_hides_one_pixel():
    hidden = np.asarray(spoil("occlusion", grey(20, (9, 7, 1)), 0.001).hidden)
    assert (hidden.sum((1, 2, 3)) == 1).all()


@pytest.mark.parametrize("shape", [(12, 10, 1), (12, 2)], ids=["image", "series"])
def test_regions_are_of_all_kinds_alike_and_each_as_its_own_corruption_draws_it(shape):
    """A box hides a quarter of an image in this case, the other kinds a half; of a series all hide a half."""
    hidden = spoil("regions", grey(900, shape), 0.5).hidden
    share = hidden.reshape(900, -1).mean(1)
    if len(shape) == 2:
        assert set(share) == {0.5}
        assert 300 < (hidden[:, 0] ^ hidden[:, -1]).all(-1).sum() < 600  # halves, and stretches at an end
        return
    assert set(share) == {0.25, 0.5}
    assert 250 < (share == 0.25).sum() < 350
    _, counts = np.unique(hidden[share == 0.5].reshape(-1, 120), axis=0, return_counts=True)
    assert len(counts) == 6  # the halves are those pairs of quadrants that lie side by side
    assert (np.sort(counts) > [20, 20, 80, 80, 80, 80]).all()


TILES, WINDOWS = Patches((4, 6), (2, 3)), Patches((18,), (3,))
hide_half = jax.jit(partial(corruptions.patches, share=0.5), static_argnames="cut")


def test_an_exact_number_of_patches_is_hidden_each_equally_often():
    """Counted patch by patch; a row draws by its number."""
    x = np.random.default_rng(0).uniform(1, 2, (2000, 4, 6, 2)).astype("f4")
    found = jax.tree.map(np.asarray, hide_half(jax.random.key(1), Batch(x, x, index=np.arange(2000)), cut=TILES))
    holes = np.stack([found.hidden[:, i : i + 2, j : j + 3].mean((1, 2, 3)) for i in (0, 2) for j in (0, 3)], 1)
    assert set(holes.ravel()) == {0, 1}
    np.testing.assert_array_equal(holes.sum(1), 2)
    np.testing.assert_allclose(holes.mean(0), 0.5, atol=5 * 0.5 / np.sqrt(2000))
    np.testing.assert_array_equal(found.inputs, np.where(found.hidden, 0, x))
    np.testing.assert_array_equal(found.targets, x)
    order = np.random.default_rng(1).permutation(2000)
    moved = hide_half(jax.random.key(1), Batch(x, x, index=order), cut=TILES)
    np.testing.assert_array_equal(moved.hidden, found.hidden[order])


def test_of_a_series_as_large_a_share_of_the_windows_that_exist_is_hidden():
    x, mask = np.ones((4, 12, 2), "f4"), np.arange(12) < np.array([[12], [7], [3], [1]])
    hidden = np.asarray(hide_half(jax.random.key(1), Batch(x, x, mask=mask), cut=WINDOWS).hidden)
    windows = hidden.reshape(4, 4, 6)
    np.testing.assert_array_equal(windows.all(-1), windows.any(-1))
    exist = mask.reshape(4, 4, 3).any(-1)
    assert not (windows.any(-1) & ~exist).any()
    np.testing.assert_array_equal(windows.any(-1).sum(1), [2, 2, 0, 0])  # of 4, 3, 1 and 1, at least one stays
    longer = Batch(np.pad(x, [(0, 0), (0, 5), (0, 0)]), x, mask=np.pad(mask, [(0, 0), (0, 5)]))
    np.testing.assert_array_equal(hide_half(jax.random.key(1), longer, cut=WINDOWS).hidden[:, :12], hidden)


def test_how_many_patches_stay():
    assert [corruptions.visible(0.75, n) for n in (0, 1, 3, 4, 16, 49, 196)] == [0, 1, 1, 1, 4, 12, 49]
    assert [corruptions.visible(share, 10) for share in (0.0, 0.1, 0.9, 0.95)] == [10, 9, 1, 1]
    assert corruptions.visible(0.9, 20) == 2  # though 20 · (1 − 0.9) is a little less
