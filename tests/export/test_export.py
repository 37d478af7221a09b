"""`aelab export RUN`: the folder, its settings and its model card."""

import json
import math

import numpy as np
import pytest
import yaml

from aelab import cli
from aelab.config import files, flags
from aelab.errors import ConfigError, StorageError
from aelab.export.export import Extra, export
from aelab.runs.atomic import whole_folder
from aelab.runs.folder import Run
from experiments import vae


@pytest.fixture(scope="module")
def folder(finished, tmp_path_factory):
    """The tiny run, exported; nobody changes it."""
    return export(finished, tmp_path_factory.mktemp("exported") / "new" / "model")


def front_matter(folder):
    """The YAML between the first two lines of three dashes, and the text behind it."""
    start, said, text = (folder / "README.md").read_text().split("---\n", 2)
    assert start == ""
    return yaml.safe_load(said), text


def test_the_settings_are_strict_json_and_a_config_for_training_again(folder, finished):
    def refuse(word):
        raise AssertionError(f"{word} is no JSON")

    stored = json.loads((folder / "config.json").read_text(), parse_constant=refuse)
    run = Run(finished).read("config.json")
    assert (stored["experiment"], stored["config"]) == (run["experiment"], run["config"])
    assert stored["data"] == Run(finished).read("manifest.json")["data"]
    again = files.defaults(vae.Config, folder / "config.json", "experiments.vae")
    assert again == flags.parse(vae.Config, ["--config", str(finished / "config.json")], prog="vae")


def test_the_front_matter_is_what_the_hub_reads(folder, finished):
    said, _ = front_matter(folder)
    assert said["library_name"] == "aelab"
    assert {"autoencoder", "vae"} <= set(said["tags"])
    (model,) = said["model-index"]
    (result,) = model["results"]
    assert model["name"] == finished.name
    assert result["dataset"]["name"] == "digits"
    found = {metric["type"]: metric["value"] for metric in result["metrics"]}
    scores = Run(finished).read("summary.json")["scores"]
    assert found == {name[5:]: value for name, value in scores.items() if name.startswith("test/")}


def test_the_card_says_data_licence_recipe_scores_and_command(folder, finished):
    _, text = front_matter(folder)
    summary = Run(finished).read("summary.json")
    error = summary["standard_errors"]["test/elbo"]
    places = max(0, 1 - math.floor(math.log10(error)))
    assert f"−{-summary['scores']['test/elbo']:.{places}f} ± {error:.{places}f}" in text
    for words in ("Creative Commons Attribution 4.0", "in batches of 300", "The seed is 0", "aelab train vae --config"):
        assert words in text
    assert Run(finished).read("manifest.json")["sessions"][-1]["fingerprint"]["code"]["sha256"][:12] in text


def test_of_a_users_own_data_the_card_says_that_no_licence_is_known(copy, tmp_path):
    stored = json.loads((copy / "manifest.json").read_text())
    stored["data"]["name"] = "npz:mine.npz"
    (copy / "manifest.json").write_text(json.dumps(stored))
    config = json.loads((copy / "config.json").read_text())
    config["config"]["data"] = "npz:mine.npz"
    (copy / "config.json").write_text(json.dumps(config))
    _, text = front_matter(export(copy, tmp_path / "model"))
    assert "Its licence is not known to aelab" in text


def test_a_run_that_has_not_ended_has_no_scores_and_says_so(copy, tmp_path):
    (copy / "summary.json").unlink()
    said, text = front_matter(export(copy, tmp_path / "model"))
    assert "model-index" not in said
    assert "has no scores" in text


def test_the_verb_prints_the_folder_and_refuses_one_that_is_there(finished, tmp_path, capfd):
    argv = ["export", str(finished), "--output", str(tmp_path / "model")]
    assert cli.main(argv) == 0
    assert capfd.readouterr().out == f"{tmp_path / 'model'}\n"
    before = sorted(tmp_path.rglob("*"))
    assert cli.main(argv) == 2
    assert (
        capfd.readouterr().err
        == f"error: {tmp_path / 'model'}: is there already; choose another --output, or remove it\n"
    )
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize(("path", "words"), [("nowhere", "not a run folder"), (".", "not a run folder")])
def test_what_is_no_run_is_one_line(path, words, tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    assert cli.main(["export", path]) == 2
    error = capfd.readouterr().err.strip()
    assert words in error
    assert "\n" not in error
    assert list(tmp_path.iterdir()) == []


def test_what_is_exported_is_not_exported_again(folder, finished, tmp_path):
    with pytest.raises(
        ConfigError, match=f"which aelab.load and aelab apply read; give the folder of its run, {finished.name}"
    ):
        export(folder, tmp_path / "model")


def test_no_folder_has_its_name_before_the_last_file_is_in_it(finished, tmp_path):
    unwritten = {"none/page.html": Extra(b"", "in a folder that is not there")}
    with pytest.raises(StorageError, match=r"page\.html"):
        export(finished, tmp_path / "model", formats=("safetensors",), extra=unwritten)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_is_whole_or_not_there(tmp_path):
    with pytest.raises(FileNotFoundError), whole_folder(tmp_path / "new") as part:
        (part / "half" / "of it").write_text("")
    assert list(tmp_path.iterdir()) == []
    with whole_folder(tmp_path / "new") as part:
        np.save(part / "all.npy", np.zeros(1))
        assert not (tmp_path / "new").exists()
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["all.npy"]


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="choose another --output"), whole_folder(tmp_path / "file" / "new"):
        pass
