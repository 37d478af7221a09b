"""`aelab apply` of runs that were shown a condition: where it comes from, and the same numbers as in Python."""

import json

import jax
import numpy as np
import pytest

import aelab
from aelab import cli, data
from aelab.apply.conditions import read_conditions
from aelab.data.source import Spec
from aelab.errors import ConfigError, DataError
from aelab.runner import launch
from aelab.seeds import Purpose, key_for
from experiments import vae

LABELS = Spec((2,), "float32", "real", classes=("cat", "dog", "7"), condition="label", side=(3,))
ANGLES = Spec((2,), "float32", "real", condition="angle", side=(2,), side_shift=(1.0, 0.0), side_scale=(2.0, 1.0))


@pytest.fixture(scope="module")
def conditional(tmp_path_factory):
    """A tiny run on digits with labels, prior included."""
    argv = ["--data", "digits", "--widths", "12", "--latent-dim", "3", "--batch-size", "300", "--epochs", "2"]
    argv += ["--importance-samples", "2", "--condition", "label", "--prior", "conditional", "--lr", "0.01"]
    folder = tmp_path_factory.mktemp("runs")
    assert launch.main(vae.Config, vae.build, [*argv, "--runs-dir", str(folder)]) == 0
    (path,) = folder.glob("vae/*")
    return path


@pytest.fixture(scope="module")
def batch():
    return data.load("digits").test.get_batch(np.arange(6))


def seen(label):
    return np.sqrt(np.float32(10)) * np.eye(10, dtype="f4")[label]


def run(path, task, source, target, *more) -> int:
    where = [] if source is None else ["--input", str(source)]
    return cli.main(["apply", str(path), "--task", task, *where, "--output", str(target), *more])


@pytest.mark.ci
def test_labels_beside_the_events_are_shown_with_them(conditional, tmp_path, batch):
    model, params, _ = aelab.load(conditional)
    np.savez(tmp_path / "in.npz", x=batch["x"], y=batch["label"])
    want = model.encode(params, batch["x"] / np.float32(16), condition=seen(batch["label"])).mode
    assert run(conditional, "encode", tmp_path / "in.npz", tmp_path / "z.npy") == 0
    np.testing.assert_allclose(np.load(tmp_path / "z.npy"), want, rtol=1e-4, atol=1e-5)
    np.save(tmp_path / "x.npy", batch["x"])
    np.save(tmp_path / "y.npy", batch["label"])
    assert run(conditional, "encode", tmp_path / "x.npy", tmp_path / "v.npy", "--condition", f"{tmp_path}/y.npy") == 0
    np.testing.assert_array_equal(np.load(tmp_path / "v.npy"), np.load(tmp_path / "z.npy"))


@pytest.mark.ci
def test_samples_are_of_the_class_that_is_asked_for(conditional, tmp_path):
    model, params, _ = aelab.load(conditional)
    for asked in ("3", "5"):
        assert run(conditional, "sample", None, tmp_path / f"{asked}.npy", "--count", "5", "--condition", asked) == 0
        key, label = key_for(0, Purpose.GENERATE), np.full(5, int(asked))
        want = model.generate(params, key, np.arange(5), condition=seen(label))
        np.testing.assert_allclose(np.load(tmp_path / f"{asked}.npy"), 16 * want, atol=0.51)
    assert (np.load(tmp_path / "3.npy") != np.load(tmp_path / "5.npy")).any()


@pytest.mark.ci
@pytest.mark.parametrize("task", ["reconstruct", "score", "interpolate", "traverse"])
def test_every_task_decodes_under_the_condition(task, conditional, tmp_path, batch):
    model, params, _ = aelab.load(conditional)
    x = batch["x"] / np.float32(16)
    np.savez(tmp_path / "in.npz", x=x, y=batch["label"])
    target = tmp_path / "out.npz"
    assert run(conditional, task, tmp_path / "in.npz", target) == 0
    found = np.load(target)
    condition = seen(batch["label"])
    q, p = model.encode(params, x, condition=condition), model.prior(params, condition=condition)
    if task == "score":
        closed = 0.5 * (
            np.exp(q.log_variance - p.log_variance)
            + np.square(q.mean - p.mean) / np.exp(p.log_variance)
            - 1
            + p.log_variance
            - q.log_variance
        ).sum(1)
        np.testing.assert_allclose(found["rate"], closed, rtol=1e-3, atol=1e-4)
    elif task == "reconstruct":
        np.testing.assert_allclose(found["events"], model.reconstruct(params, x, condition=condition), atol=1e-5)
    elif task == "interpolate":
        for t in (0, 4, 8):
            z, side = (((8 - t) * a[0::2] + t * a[1::2]) / 8 for a in (np.asarray(q.mode), condition))
            want = model.decode(params, z, condition=side).mean
            np.testing.assert_allclose(found["events"][:, t], want, rtol=1e-3, atol=1e-4)
    else:
        z = np.array(q.mode)[[2]]
        z[0, 1] = 2.5
        want = model.decode(params, z, condition=condition[[2]]).mean[0]
        np.testing.assert_allclose(found["events"][2 * 3 + 1, -1], want, rtol=1e-3, atol=1e-4)


def test_a_class_goes_by_its_name_or_is_counted_from_0(tmp_path):
    for asked, label in (("dog", 1), ("0", 0), ("7", 2), ("2", 2)):
        np.testing.assert_array_equal(read_conditions(asked, None, LABELS, 2), [label, label])
    np.save(tmp_path / "names.npy", np.array(["dog", "7", "cat"]))
    np.testing.assert_array_equal(read_conditions(f"{tmp_path}/names.npy", None, LABELS, 3), [1, 2, 0])
    np.savetxt(tmp_path / "numbers.csv", [[1], [0]], fmt="%g")
    np.testing.assert_array_equal(read_conditions(f"{tmp_path}/numbers.csv", None, LABELS, 2), [1, 0])
    with pytest.raises(DataError, match="no class cow; give one of 0 to 2: cat, dog, 7"):
        read_conditions("cow", None, LABELS, 2)
    with pytest.raises(DataError, match="3 conditions for 2 events"):
        read_conditions(f"{tmp_path}/names.npy", None, LABELS, 2)


def test_numbers_are_typed_or_stand_in_a_file(tmp_path):
    np.testing.assert_array_equal(read_conditions("1.5, -2", None, ANGLES, 2), [[1.5, -2], [1.5, -2]])
    np.savez(tmp_path / "in.npz", x_test=np.zeros((2, 2)), angle_test=np.arange(4).reshape(2, 2))
    np.testing.assert_array_equal(read_conditions("", tmp_path / "in.npz", ANGLES, 2), [[0, 1], [2, 3]])
    for asked, said in (("1", "1 numbers an event; give 2"), ("a,b", "no numbers; give 2"), ("nan,1", "all of them")):
        with pytest.raises(DataError, match=said):
            read_conditions(asked, None, ANGLES, 2)


def test_what_is_missing_or_not_wanted_is_said(tmp_path):
    with pytest.raises(ConfigError, match=r"shown its label with every event; give a class \(cat, dog, 7\)"):
        read_conditions("", None, LABELS, 2)
    with pytest.raises(ConfigError, match=r"shown its angle with every event; give 2 numbers"):
        read_conditions("", tmp_path / "in.npy", ANGLES, 2)
    with pytest.raises(ConfigError, match="trained without one"):
        read_conditions("3", None, LABELS._replace(condition="", side=()), 2)


@pytest.mark.ci
def test_it_is_one_line_and_an_exit_code(conditional, finished, tmp_path, capsys):
    assert run(conditional, "sample", None, tmp_path / "a.npy") == 2
    assert "--condition: this run was shown its label" in capsys.readouterr().err
    assert run(finished, "sample", None, tmp_path / "b.npy", "--condition", "3") == 2
    assert "trained without one" in capsys.readouterr().err


@pytest.mark.ci
def test_the_report_shows_a_row_of_samples_for_each_class(conditional):
    model, params, _ = aelab.load(conditional)
    with np.load(conditional / "figures" / "class_samples.npz") as drawn:
        assert drawn["events"].shape == (10, 12, 8, 8, 1)
        assert [*drawn["rows"]] == [*map(str, range(10))]
        key = jax.random.split(key_for(0, Purpose.GENERATE))[0]
        want = model.generate(params, key, np.arange(12), condition=seen(np.full(12, 4)))
        np.testing.assert_allclose(drawn["events"][4], want, atol=1e-5)
    page = (conditional / "report.html").read_text()
    assert 'alt="class_samples"' in page
    assert "what stands beside a class should show it alone" in page
    assert not (conditional / "figures" / "samples.png").exists()


@pytest.mark.ci
def test_the_scores_are_those_of_the_events_under_their_labels(conditional):
    """KL and distortion by hand, at the draws that scores take."""
    model, params, config = aelab.load(conditional)
    splits = data.load(config)
    stored = splits.test.get_batch(np.arange(len(splits.test)))
    x, condition = stored["x"] / np.float32(16), seen(stored["label"])

    @jax.jit
    def terms(params):
        q, p = model.encode(params, x, condition=condition), model.prior(params, condition=condition)
        z = q.sample(key_for(0, Purpose.EVALUATE), np.arange(len(x)))
        rate = 0.5 * (
            jax.numpy.exp(q.log_variance - p.log_variance)
            + jax.numpy.square(q.mean - p.mean) / jax.numpy.exp(p.log_variance)
            - 1
            + p.log_variance
            - q.log_variance
        )
        return rate.sum(1).mean(), -model.decode(params, z, condition=condition).log_prob(x).mean()

    scores = json.loads((conditional / "summary.json").read_text())["scores"]
    rate, distortion = terms(params)
    np.testing.assert_allclose(scores["test/rate"], rate, rtol=1e-4)
    np.testing.assert_allclose(scores["test/distortion"], distortion, rtol=1e-4)
