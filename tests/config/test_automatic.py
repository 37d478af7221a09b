"""`auto`: how large a batch is and how long a run, from the size of the set."""

import dataclasses

import pytest

from aelab.config import automatic, flags, identity
from aelab.errors import ConfigError
from experiments import aae, cvae, vae, vae_gan, vq

AUTO = vae.Config(epochs="auto", batch_size="auto")


@pytest.mark.parametrize(("examples", "size"), [(5, 8), (64, 8), (100, 12), (200, 25), (1024, 128), (60_000, 128)])
def test_a_batch_is_128_or_an_eighth_of_a_smaller_set(examples, size):
    assert automatic.batch_size(AUTO, examples) == size
    assert automatic.batch_size(dataclasses.replace(AUTO, batch_size=300), examples) == 300


@pytest.mark.parametrize(
    ("epoch", "evaluate", "save"),
    [(2, 50, 500), (8, 56, 504), (60, 60, 540), (469, 469, 938), (1000, 1000, 1000), (8000, 1000, 8000)],
)
def test_evaluations_are_neither_rare_nor_frequent(epoch, evaluate, save):
    """In whole epochs where these are short; worked out by hand from 50, 1,000 and 500 steps."""
    found = automatic.plan(AUTO, epoch)
    assert found is not None
    assert (found.evaluate, found.save) == (evaluate, save)
    assert found.save % found.evaluate == 0


def test_the_least_number_of_steps_counts_from_the_end_of_a_warm_up():
    long = dataclasses.replace(AUTO, beta_warmup=10.0, warmup=2.0)
    least = [automatic.plan(config, 500).least for config in (AUTO, long)]
    assert least == [1_000, 6_000]
    assert automatic.plan(dataclasses.replace(AUTO, beta_warmup=100.0), 500).most == 1_000 + 50_000 + 11 * 500


def test_counted_epochs_have_no_plan():
    assert automatic.plan(vae.Config(), 10) is None
    assert automatic.chosen(vae.Config(), 100) == {}
    assert automatic.chosen(AUTO, 100)["batch_size"] == 12


@pytest.mark.parametrize(
    ("config", "validated", "said"),
    [
        (AUTO, False, r"there is no validation set; give --validation 0\.1, or a number of epochs"),
        (dataclasses.replace(AUTO, schedule="cosine"), True, "by --schedule cosine the learning rate falls to 0"),
        (dataclasses.replace(AUTO, objective="cyclical"), True, "by --objective cyclical its cycles"),
        (vq.Config(epochs="auto", quantiser="gumbel"), True, "by --quantiser gumbel its temperature"),
    ],
)
def test_what_must_know_how_long_a_run_is_is_one_line(config, validated, said):
    with pytest.raises(ConfigError, match=said) as error:
        automatic.check(config, validated=validated)
    assert "\n" not in str(error.value)


def test_what_counts_epochs_is_left_alone():
    automatic.check(vae.Config(schedule="cosine"), validated=False)
    automatic.check(AUTO, validated=True)


def test_how_often_is_validated_names_a_run_that_this_may_end():
    often = dataclasses.replace(AUTO, eval_every=2.0)
    assert identity("v", AUTO) != identity("v", often)
    assert identity("v", vae.Config()) == identity("v", vae.Config(eval_every=2.0))


def parsed(*argv: str) -> vae.Config:
    return flags.parse(vae.Config, argv, prog="vae")


def test_a_run_of_files_of_ones_own_chooses_what_is_not_said():
    own = parsed("--data", "csv:mine.csv")
    assert (own.epochs, own.batch_size, own.sigma, own.optimizer) == ("auto", "auto", "learned", "schedule_free")
    said = parsed("--data=csv:mine.csv", "--epochs", "20", "--batch-size=128", "--sigma", "1")
    assert (said.epochs, said.batch_size, said.sigma) == (20, 128, 1.0)


@pytest.mark.parametrize("data", ["digits", "tfds:mnist", "fashion_small"])
def test_a_named_set_keeps_the_numbers_of_its_results(data):
    assert parsed("--data", data) == vae.Config(data=data)


@pytest.mark.parametrize(
    "more", [("--schedule", "cosine"), ("--patience", "3"), ("--validation", "0"), ("--objective", "cyclical")]
)
def test_epochs_stay_a_number_where_something_counts_on_it(more):
    assert parsed("--data", "csv:mine.csv", *more).epochs == 20


@pytest.mark.parametrize("more", [("--schedule", "cosine"), ("--ema", "0.99"), ("--objective", "factor")])
def test_the_optimizer_stays_adam_beside_what_does_its_work_and_with_a_critic(more):
    assert parsed("--data", "csv:mine.csv", *more).optimizer == "adam"


@pytest.mark.parametrize(("script", "name"), [(aae, "adam"), (vae_gan, "adam"), (vq, "adam"), (cvae, "schedule_free")])
def test_a_script_with_a_critic_or_a_codebook_keeps_adam(script, name):
    assert flags.parse(script.Config, ("--data", "csv:mine.csv"), prog="own").optimizer == name


def test_a_file_of_settings_is_heeded(tmp_path):
    file = tmp_path / "mine.yaml"
    file.write_text("data: csv:mine.csv\nepochs: 20\n")
    found = parsed("--config", str(file))
    assert (found.epochs, found.batch_size) == (20, "auto")


def test_the_command_of_a_config_gives_it_back():
    for config in (
        vae.Config(data="csv:a.csv"),
        vae.Config(data="csv:a.csv", epochs="auto", sigma="learned"),
        vae.Config(data="csv:a.csv", optimizer="schedule_free"),
        vae.Config(epochs="auto"),
    ):
        words = flags.command_line(("-m", "experiments.vae"), config).split()[3:]
        assert parsed(*words) == config
