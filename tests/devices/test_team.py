"""What the processes of a run say to each other, by a service that only keeps it."""

import os
import re
import signal
import time
from concurrent.futures import ThreadPoolExecutor

import jax
import pytest

from aelab.devices import team
from aelab.devices.places import GONE, SLOW, Place
from aelab.devices.team import STOP, Team
from aelab.errors import LostError, ToldError


class Service(dict):
    """The part of JAX's coordination service that a team needs."""

    def key_value_set(self, key, value, allow_overwrite=False):
        assert allow_overwrite or key not in self
        self[key] = value

    def key_value_dir_get(self, folder):
        return [(key, value) for key, value in self.items() if key.startswith(f"{folder}/")]

    def blocking_key_value_get(self, key, milliseconds):
        end = time.monotonic() + milliseconds / 1000
        while key not in self:
            if time.monotonic() > end:
                raise jax.errors.JaxRuntimeError("DEADLINE_EXCEEDED")
            time.sleep(0.001)
        return self[key]


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(team, "PAUSE", 0.02)


def member(service, index, count=2):
    return Team(service, Place(index, count, "127.0.0.1:1"), lambda line, code: None)


@pytest.mark.parametrize("late", range(3))
def test_nobody_goes_on_before_all_have_met(late):
    """Twice, the same one late each time; the others have waited for it."""
    service, came = Service(), []
    members = [member(service, index, 3) for index in range(3)]

    def go(index):
        for turn in range(2):
            time.sleep(0.05 * (index == late))
            came.append(turn)
            members[index].meet()
            assert came.count(turn) == 3

    with ThreadPoolExecutor() as pool:
        list(pool.map(go, range(3)))
    for each in reversed(members):  # process 0 waits for the others
        each.leave(0, "")


def test_process_0_hears_what_each_says_when_they_meet():
    service = Service()
    members = [member(service, index, 3) for index in range(3)]
    with ThreadPoolExecutor() as pool:
        heard = list(pool.map(lambda index: members[index].meet({"from": index}), range(3)))
    assert heard == [[{"from": 0}, {"from": 1}, {"from": 2}], [], []]
    for each in reversed(members):
        each.leave(0, "")


def test_who_waits_hears_of_a_failure():
    service = Service()
    one, other = member(service, 0), member(service, 1)
    other.leave(3, "disk: cannot be read")
    with pytest.raises(ToldError, match="process 1: disk: cannot be read"):
        one.meet()
    one.leave(3, "")


@pytest.mark.parametrize(
    ("error", "said"),
    [
        ("Gloo context initialization failed: GetKeyValue() timed out with key: cpu:gloo/0,1 and duration: 30s", SLOW),
        ("Gloo all-reduce failed: Read error: Connection reset by peer", GONE),
    ],
)
def test_errors_that_another_process_causes_say_so(error, said):
    one = member(Service(), 1)
    with pytest.raises(LostError, match=re.escape(said)), one.explained():
        raise RuntimeError(error)
    one.leave(0, "")
    with pytest.raises(RuntimeError, match="mine"), one.explained():
        raise RuntimeError("mine")


def test_a_signal_that_asks_to_stop_goes_to_process_0():
    """However far this process has come: process 0 may be training while it prepares."""
    service, before = Service(), signal.getsignal(signal.SIGTERM)
    one = member(service, 1)
    with one.passing_on():
        os.kill(os.getpid(), signal.SIGTERM)
        os.kill(os.getpid(), signal.SIGINT)
    one.leave(0, "")
    assert f"{STOP}/1" in service
    assert signal.getsignal(signal.SIGTERM) is before
