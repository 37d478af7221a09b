"""Where processes accept connections, as the kernel says."""

import os
from pathlib import Path

ACCEPTS = "0A"  # the state of a socket that listens


def listening(pid: int) -> set[str]:
    """The addresses on which a process accepts connections."""
    sockets = set()
    for link in Path(f"/proc/{pid}/fd").iterdir():
        target = os.readlink(link)
        if target.startswith("socket:["):
            sockets.add(target[8:-1])
    found = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
            words = line.split()
            if words[3] == ACCEPTS and words[9] in sockets:
                host = bytes.fromhex(words[1].split(":")[0])
                found.add(".".join(map(str, host[-4:][::-1])))
    return found
