"""Trouble is said where the numbers bear it, with a setting that the run does not have yet."""

import pytest

from aelab.evaluation.trouble import TRAINED, advice, trouble
from experiments import vae, vq

EMPTY = {"test/rate": 0.3, "test/active_units": 0.0}


def rows_of(train, valid, steps=TRAINED):
    """Rows of as many epochs, the last at `steps`."""
    rows = [
        (split, i, loss) for split, own in (("train", train), ("validation", valid)) for i, loss in enumerate(own, 1)
    ]
    return [{"split": s, "epoch": i, "step": steps * i // len(valid), "loss": loss} for s, i, loss in rows]


LEVEL = rows_of([100, 90, 88], [101, 88.01, 88])  # falls no more
FALLING = rows_of([100, 90, 85], [101, 92, 88])


def test_a_fine_run_has_none():
    assert trouble({"test/rate": 20.0, "test/active_units": 9.0}, LEVEL, vae.Config()) == []
    assert trouble({"test/distortion": 20.0}, LEVEL, vae.Config()) == []


@pytest.mark.parametrize(
    ("scores", "rows"),
    [
        ({"test/rate": 8.1, "test/active_units": 0.0}, LEVEL),  # small means with a smaller spread carry it
        ({"test/rate": 0.87, "test/active_units": 15.0}, LEVEL),
        (EMPTY, rows_of([100], [101], steps=14)),
        (EMPTY, FALLING),  # more epochs come first
        ({"test/rate": 0.3}, LEVEL),  # how many numbers are in use is not known
    ],
)
def test_no_collapse_is_claimed_without_evidence(scores, rows):
    assert trouble(scores, rows, vae.Config()) == []


@pytest.mark.parametrize(
    ("settings", "says", "not_says"),
    [
        ({}, "try --beta 0.1", "--beta-warmup"),
        ({"beta": 4.0, "beta_warmup": 15.0}, "the warm-up of beta did not prevent it, try --beta 0.4", "--beta-warmup"),
        ({"likelihood": "normal"}, "try --sigma learned", "--beta"),
        ({"likelihood": "normal", "sigma": "learned"}, "a learned sigma did not prevent it, try --beta 0.1", "--sigma"),
        ({"epochs": "auto", "beta": 0.5}, "--beta 0.5 and --epochs auto did not prevent it, try --beta 0.05", "warm"),
        ({"beta": 0.01}, "--beta 0.01 did not prevent it, try a larger --lr", "try --beta"),
        ({"beta": 0.0, "net": "lstm", "feedback": True}, "--no-feedback", "--beta"),
    ],
)
def test_a_collapse_is_said_with_what_helps_and_is_not_there_yet(settings, says, not_says):
    (line,) = trouble(EMPTY, LEVEL, vae.Config(**settings))
    assert line.startswith("posterior collapse: the code carries at most 0.30 nats and none of its numbers varies")
    assert says in line
    assert not_says not in line
    (unknown,) = trouble({"test/rate": 0.01}, LEVEL, vae.Config(**settings))
    assert "none of its numbers" not in unknown


def test_a_run_that_rebuilds_nothing_is_told_though_all_of_its_codes_are_in_use():
    full = {"test/usage": 1.0, "test/perplexity": 100.0, "test/unexplained": 0.97}
    (line,) = trouble(full, LEVEL, vq.Config())
    assert line.startswith("nothing is rebuilt: 97% of the variance is left")
    assert trouble({**full, "test/unexplained": 0.5}, LEVEL, vq.Config()) == []
    assert trouble(full, rows_of([100], [101], steps=14), vq.Config()) == []


def test_overfitting_names_only_what_the_run_does_not_have():
    rows = rows_of([100, 60, 40], [101, 80, 90])
    (line,) = trouble({}, rows, vae.Config())
    assert "best at epoch 2 (80.00 nats)" in line
    assert "try --patience 3, --weight-decay 1e-4, a smaller net or more data" in line
    (line,) = trouble({}, rows, vae.Config(patience=2, weight_decay=0.1))
    assert "--" not in line
    assert "a smaller net or more data" in line


def test_losses_that_still_fall_ask_for_more_epochs():
    (line,) = advice(FALLING, vae.Config(epochs=3))
    assert "the best validation was the last one: 88.00 at epoch 3, 4.00 below" in line
    assert "--epochs 6" in line
    for rows in (LEVEL, rows_of([100, 60, 40], [101, 80, 90]), rows_of([9, 8], [9, 8]), []):
        assert advice(rows, vae.Config()) == []


FEW = {"test/usage": 0.02, "test/perplexity": 3.2}


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({}, "try a smaller --lr"),
        ({"restart_below": 0.0}, "--restart-below 0.1"),
        ({"codebook": "gradient"}, "--codebook ema"),
        ({"quantiser": "bsq"}, "--entropy-weight 1 or"),
        ({"quantiser": "gumbel"}, "--beta-warmup"),
        ({"quantiser": "fsq"}, "--scalar-levels"),
    ],
)
def test_a_codebook_that_has_collapsed_is_said_in_words(settings, says):
    (line,) = trouble(FEW, LEVEL, vq.Config(**settings))
    assert line.startswith(
        "codebook collapse: 2.0% of the codes that could occur in the test set do, and in effect 3.2 of"
    )
    assert says in line


def test_a_codebook_in_use_or_hardly_trained_has_not_collapsed():
    assert trouble(FEW | {"test/usage": 0.1}, LEVEL, vq.Config()) == []
    assert trouble(FEW, rows_of([100], [101], steps=TRAINED - 1), vq.Config()) == []
