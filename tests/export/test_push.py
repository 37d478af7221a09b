"""`--push`, before a hub that is played."""

import sys

import pytest

from aelab.cli.main import main


class Hub:
    """What the library of the hub offers of it; `asked` is what was asked of it."""

    asked: list = []  # noqa: RUF012
    answer: Exception | None = None

    def create_repo(self, name, **options):
        if self.answer:
            raise self.answer
        self.asked.append((name, options))

    def upload_folder(self, *, repo_id, folder_path):
        self.asked.append((repo_id, sorted(file.name for file in folder_path.iterdir())))
        return f"https://hub.invalid/{repo_id}"


@pytest.fixture
def hub(monkeypatch):
    monkeypatch.setattr(Hub, "asked", [])
    module = type(sys)("huggingface_hub")
    monkeypatch.setattr(module, "HfApi", Hub, raising=False)
    monkeypatch.setitem(sys.modules, "huggingface_hub", module)
    return Hub


def command(run, folder):
    return ["export", str(run), "--output", str(folder), "--formats", "safetensors", "--push", "me/model"]


def test_the_whole_folder_goes_into_a_private_repository(finished, tmp_path, hub, capfd):
    assert main(command(finished, tmp_path / "model")) == 0
    assert capfd.readouterr().out == f"{tmp_path / 'model'}\nhttps://hub.invalid/me/model\n"
    made, uploaded = hub.asked
    assert made == ("me/model", {"private": True, "exist_ok": True})
    assert uploaded == ("me/model", ["README.md", "config.json", "model.safetensors"])


def test_a_hub_that_refuses_is_one_line_and_the_folder_stays(finished, tmp_path, hub, monkeypatch, capfd):
    monkeypatch.setattr(hub, "answer", OSError("401, who are you?\nand more"))
    assert main(command(finished, tmp_path / "model")) == 8
    error = capfd.readouterr().err.strip()
    assert "--push me/model: 401, who are you?;" in error
    assert "\n" not in error
    assert (tmp_path / "model" / "README.md").exists()


def test_without_the_library_nothing_is_written(finished, tmp_path, monkeypatch, capfd):
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    assert main(command(finished, tmp_path / "model")) == 2
    assert capfd.readouterr().err == "error: --push: needs the package huggingface_hub; pip install 'aelab[hub]'\n"
    assert list(tmp_path.iterdir()) == []
