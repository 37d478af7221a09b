"""An exported folder as a repository of the Hugging Face hub, by its library."""

import importlib
from pathlib import Path
from typing import Any

from aelab.errors import ConfigError, StorageError


def library() -> Any:
    """The client of the hub, asked for before anything is written.

    Raises:
        ConfigError: huggingface_hub is not installed.
    """
    try:
        return importlib.import_module("huggingface_hub").HfApi()
    except ImportError:
        raise ConfigError("--push: needs the package huggingface_hub; pip install 'aelab[hub]'") from None


def push(hub: Any, folder: Path, repository: str) -> str:
    """Upload a folder into a repository, which is made private if it is new; gives its address.

    Raises:
        StorageError: the hub cannot be reached, or refuses; the folder stays.
    """
    try:
        hub.create_repo(repository, private=True, exist_ok=True)
        return str(hub.upload_folder(repo_id=repository, folder_path=folder))
    except Exception as error:  # of the network, of the hub, of a name
        why = (str(error).splitlines() or [type(error).__name__])[0][:150]
        raise StorageError(f"--push {repository}: {why}; {folder} is whole, and `hf upload` takes it too") from None
