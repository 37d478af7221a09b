"""What the processes of a run say to each other, by a service that only keeps it."""

import os
import signal

from aelab.devices.places import Place
from aelab.devices.team import STOP, Team


class Service(dict):
    """The part of JAX's coordination service that a team needs."""

    def key_value_set(self, key, value, allow_overwrite=False):
        assert allow_overwrite or key not in self
        self[key] = value

    def key_value_dir_get(self, folder):
        return [(key, value) for key, value in self.items() if key.startswith(f"{folder}/")]


def test_a_signal_that_asks_to_stop_goes_to_process_0():
    """However far this process has come: process 0 may be training while it prepares."""
    service, before = Service(), signal.getsignal(signal.SIGTERM)
    team = Team(service, Place(1, 2, "127.0.0.1:1"), lambda line, code: None)
    with team.passing_on():
        os.kill(os.getpid(), signal.SIGTERM)
        os.kill(os.getpid(), signal.SIGINT)
    team.leave(0, "")
    assert f"{STOP}/1" in service
    assert signal.getsignal(signal.SIGTERM) is before
