"""Values that are missing or not finite: where they are, in arrays of any number of axes."""

import numpy as np
import pytest

from aelab import data
from aelab.errors import DataError


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 1e39])
@pytest.mark.parametrize("shape", [(20, 3), (20, 4, 5), (20, 4, 5, 3)])
def test_the_place_of_a_value_that_is_not_finite_is_named(tmp_path, shape, bad):
    x = np.random.default_rng(0).normal(size=shape)
    place = (17, *(size - 1 for size in shape[1:]))
    x[place] = bad
    np.save(tmp_path / "a.npy", x)
    with pytest.raises(DataError, match=rf"a\.npy: .*\[{', '.join(map(str, place))}\]"):
        data.load(f"npy:{tmp_path / 'a.npy'}")


def holed(shape, share=0.2, seed=0):
    rng = np.random.default_rng(seed)
    x = rng.normal(3, 2, shape)
    x[rng.random(shape) < share] = np.nan
    return x


@pytest.mark.parametrize("shape", [(30, 4), (30, 6, 3), (30, 4, 5, 2)])
def test_what_was_not_observed_is_refused_unless_asked_for(tmp_path, shape):
    np.save(tmp_path / "a.npy", holed(shape))
    with pytest.raises(DataError, match=r"missing.*--missing mask"):
        data.load(f"npy:{tmp_path / 'a.npy'}")
    splits = data.load(f"npy:{tmp_path / 'a.npy'}", missing="mask")
    assert splits.spec.missing
    stored = splits.train.x.astype(float).reshape(-1, shape[-1])
    np.testing.assert_allclose(splits.spec.shift, np.nanmean(stored, 0), rtol=1e-6)
    np.testing.assert_allclose(splits.spec.scale, np.nanstd(stored, 0), rtol=1e-6)


@pytest.mark.parametrize("shape", [(30, 4), (30, 6, 3)])
def test_no_loss_and_no_gradient_looks_at_what_was_not_observed(tmp_path, shape):
    import jax
    import jax.numpy as jnp

    from aelab.data.to_batch import to_batch

    np.save(tmp_path / "a.npy", holed(shape))
    splits = data.load(f"npy:{tmp_path / 'a.npy'}", missing="mask", kind="vector" if len(shape) == 2 else "series")
    stored = splits.train.get_batch(np.arange(5))
    batch = to_batch(stored, splits.spec, weight=jnp.ones(5), index=jnp.arange(5))
    there = ~np.isnan(stored["x"])
    np.testing.assert_array_equal(batch.entries, there)
    np.testing.assert_array_equal(batch.inputs[~there], 0)

    from aelab.likelihoods import Normal

    def loss(means):
        p = Normal().apply({}, means)
        return -p.log_prob(batch.targets, mask=batch.entries).sum()

    gradient = np.asarray(jax.grad(loss)(jnp.ones(batch.inputs.shape)))
    np.testing.assert_array_equal(gradient[~there], 0)
    assert (gradient[there] != 0).all()
    seen = (stored["x"].astype(float) - splits.spec.shift) / splits.spec.scale
    entries = 0.5 * np.square(seen - 1) + 0.5 * np.log(2 * np.pi)
    np.testing.assert_allclose(loss(jnp.ones(batch.inputs.shape)), np.nansum(entries), rtol=1e-5)


def test_missing_values_behind_the_end_are_the_length_of_a_series(tmp_path):
    x = np.random.default_rng(0).normal(size=(30, 8, 2))
    steps = np.arange(30) % 6 + 3
    x[np.arange(8) >= steps[:, None]] = np.nan
    np.savez(tmp_path / "a.npz", x_train=x, x_test=x)
    splits = data.load(f"npz:{tmp_path / 'a.npz'}", validation=0)
    assert splits.spec.shape == (8, 2)
    assert not splits.spec.missing
    np.testing.assert_array_equal(splits.train.length, steps)
    np.testing.assert_array_equal(splits.train.x, np.nan_to_num(x.astype(np.float32)))
    x[5] = np.nan
    np.save(tmp_path / "b.npy", x)
    with pytest.raises(DataError, match="event 5, counted from 0, holds no value; drop it"):
        data.load(f"npy:{tmp_path / 'b.npy'}")


UNEQUAL = [np.random.default_rng(i).normal(size=5 + i % 4).round(4) for i in range(12)]


@pytest.mark.parametrize("form", ["ucr.tsv", "ucr.txt", "a.ts", "marks.ts"])
def test_padding_of_the_archives_is_the_length_of_a_series(tmp_path, form):
    pad = "?" if form == "marks.ts" else "NaN"
    cells = [[f"{v:.4f}" for v in x] + [pad] * (8 - len(x)) for x in UNEQUAL]
    if form.endswith(".ts"):
        text = "@classLabel true 1 2\n@data\n" + "".join(f"{','.join(c)}:{i % 2 + 1}\n" for i, c in enumerate(cells))
    else:
        mark = "\t" if form == "ucr.tsv" else "  "
        text = "".join(mark.join([str(i % 2 + 1), *c]) + "\n" for i, c in enumerate(cells))
    (tmp_path / form).write_text(text)
    splits = data.load(f"ts:{tmp_path / form}", validation=0)
    assert splits.spec.shape == (8, 1)
    assert not splits.spec.missing
    found = {
        tuple(np.float32(x[:n, 0]))
        for part in (splits.train, splits.test)
        for x, n in zip(part.x, part.length, strict=True)
    }
    assert found == {tuple(x.astype(np.float32)) for x in UNEQUAL}


def test_a_missing_value_inside_a_series_is_named_with_its_line(tmp_path):
    rows = [["1", *map(str, x)] for x in np.arange(60.0).reshape(6, 10)]
    rows[3][5] = "?"
    (tmp_path / "a.tsv").write_text("\n".join("\t".join(row) for row in rows))
    with pytest.raises(DataError, match=r"a\.tsv: .*line 4: series 4 .*missing.*step 4 .*--missing mask"):
        data.load(f"ts:{tmp_path / 'a.tsv'}")
    splits = data.load(f"ts:{tmp_path / 'a.tsv'}", missing="mask", validation=0)
    assert splits.spec.missing
    stored = splits.train.x.astype(float)
    np.testing.assert_allclose(splits.spec.shift[0], np.nanmean(stored), rtol=1e-6)
    rows[3][5] = "abc"
    (tmp_path / "a.tsv").write_text("\n".join("\t".join(row) for row in rows))
    with pytest.raises(DataError, match=r"a\.tsv: .*line 4, value 4 .*'abc' is no number"):
        data.load(f"ts:{tmp_path / 'a.tsv'}")


def test_a_file_of_one_long_series_is_cut(tmp_path):
    x = np.arange(100.0)
    (tmp_path / "a.txt").write_text(" ".join(map(str, x)))
    splits = data.load(f"ts:{tmp_path / 'a.txt'}", window=5, label_column="none")
    np.testing.assert_array_equal(splits.train.x[3, :, 0], np.arange(15, 20))
    assert [len(splits.train), len(splits.validation), len(splits.test)] == [16, 2, 2]
