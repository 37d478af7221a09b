"""The page of a run, into a file or onto this machine."""

import webbrowser
from pathlib import Path
from typing import Any

from aelab.explore.page import page, rule_of
from aelab.explore.server import PageServer
from aelab.runs.atomic import write_atomically


def write(found: dict[str, Any], path: Path) -> Path:
    """Write the page of these `contents` into a file, and say where it is.

    Raises:
        StorageError: it cannot be written.
    """
    write_atomically(path, page(found).encode(), "--html")
    return path


def show(found: dict[str, Any], port: int = 0, *, in_browser: bool = False) -> None:
    """Serve the page of these `contents` on 127.0.0.1 until Ctrl-C.

    Raises:
        ConfigError: the port cannot be had.
    """
    with PageServer(page(found), rule_of(), port) as server:
        print(f"{server.address} shows {found['title']}; Ctrl-C ends it", flush=True)
        if in_browser:
            webbrowser.open(server.address)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            print("ended")
