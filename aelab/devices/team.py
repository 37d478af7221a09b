"""The processes of one run: process 0 leads, and the others take the steps that it orders.

Whatever is decided from a disk, a clock or a signal is decided by process 0 alone, so that all are always in the same
computation. What they say to each other is kept by JAX's coordination service, which lives in process 0.
"""

import contextlib
import json
import os
import re
import signal
import threading
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from typing import Any

import jax
import numpy as np

from aelab.devices.alone import Alone, Differences
from aelab.devices.places import GONE, SLOW, Place
from aelab.errors import AelabError, ConfigError, LostError, ToldError

PyTree = Any
PAUSE = 0.5  # seconds between looks at what others have said
GRACE = 10.0  # seconds for the main thread to notice an end; it may wait for a process that has gone
FAREWELL = 20.0  # seconds until process 0 ends without the others
ORDER, END, FAILED, LEFT, STOP, TICKET, AGREED, MET = (
    f"aelab/{name}" for name in ("order", "end", "failed", "left", "stop", "ticket", "agreed", "met")
)
LATE = re.compile("timed out|timeout|deadline", re.IGNORECASE)  # among what follows
OF_A_PEER = re.compile("gloo|nccl|coordination service|by peer", re.IGNORECASE)


class Team(Alone):
    """The processes of a run, as one of them sees it. `say(line, code)` is called if it must end at once."""

    def __init__(self, client: Any, place: Place, say: Callable[[str, int], object]):
        self.index, self.count, self._client, self._say = place.index, place.count, client, say
        self._orders = self._met = 0
        self._ended: ToldError | None = None  # what ended the run in another process
        self._leaving = threading.Event()
        threading.Thread(target=self._watch, name="aelab-team", daemon=True).start()

    def agree(self, ticket: Callable[[], Mapping[str, Any]], differences: Differences) -> None:
        """Require that all processes have the ticket of process 0, before anything is trained.

        Raises:
            ConfigError: one has another, and an entry in which it differs.
        """
        mine = json.loads(json.dumps(ticket()))
        if self.index == 0:
            self._client.key_value_set(TICKET, json.dumps(mine))
            for other in range(1, self.count):
                self._wait(f"{AGREED}/{other}")
            return
        if differing := next(iter(differences(self._wait(TICKET), mine)), None):
            raise ConfigError(f"this process is not like process 0 ({differing}); start all alike")
        self._client.key_value_set(f"{AGREED}/{self.index}", "true")

    def meet(self, said: Any = None) -> list[Any]:
        """Wait until all processes have come this far, however long that takes; they must all meet equally often.

        Process 0 gets what each of them `said`, a JSON value, in their order. On a CPU, devices that are to send each
        other something wait for half a minute, and then give up.

        Raises:
            ToldError: one of them has failed.
        """
        self._met += 1
        came = [f"{MET}/{self._met}/{index}" for index in range(self.count)]
        if self.index:
            self._client.key_value_set(came[self.index], json.dumps(said))
            self._wait(came[0])
            return []
        heard = [said, *map(self._wait, came[1:])]
        self._client.key_value_set(came[0], "true")
        return heard

    def share(self, tree: PyTree) -> PyTree:
        """The arrays of process 0; the others give zeros of the same structure, shapes and types.

        Bytes travel, for a sum of numbers with zeros would make 0 of -0.
        """
        from jax.experimental import multihost_utils

        leaves, structure = jax.tree.flatten(jax.tree.map(np.asarray, tree))
        self.meet()
        raw = np.concatenate([np.frombuffer(leaf.tobytes(), np.uint8) for leaf in leaves])
        raw = np.asarray(multihost_utils.broadcast_one_to_all(raw)).astype(np.uint8)
        ends = np.cumsum([leaf.nbytes for leaf in leaves])
        parts = zip(np.split(raw, ends[:-1]), leaves, strict=True)
        return jax.tree.unflatten(structure, [np.frombuffer(p.tobytes(), x.dtype).reshape(x.shape) for p, x in parts])

    @contextlib.contextmanager
    def explained(self) -> Generator[None]:
        """Errors that a lost process causes in this one become the reason that it gave, or say that it is gone."""
        try:
            yield
        except AelabError:
            raise
        except Exception as error:
            if not OF_A_PEER.search(str(error)):
                raise
            self._until(lambda: self._failed, 4 * PAUSE)
            raise self._failed or LostError(SLOW if LATE.search(str(error)) else GONE) from None

    def leave(self, code: int, line: str) -> None:
        """Tell the others how this process ends, and see them go, so that none is cut off in its last words."""
        self._leaving.set()
        said = json.dumps({"process": self.index, "code": code, "line": line})
        if self.index == 0:
            with contextlib.suppress(jax.errors.JaxRuntimeError):
                self._client.key_value_set(f"{END}/0", said)
                self._until(lambda: len(self._client.key_value_dir_get(LEFT)) == self.count - 1, FAREWELL)
        else:
            with contextlib.suppress(jax.errors.JaxRuntimeError):
                if code and not self._ended:
                    self._client.key_value_set(f"{FAILED}/{self.index}", said)
                self._client.key_value_set(f"{LEFT}/{self.index}", "true")

    def order(self, what: Mapping[str, Any]) -> None:
        """In process 0: let the others do what this process is about to do.

        Raises:
            ToldError: one of them has failed.
        """
        if self._failed:
            raise self._failed
        self._client.key_value_set(f"{ORDER}/{self._orders}", json.dumps(what))
        if self._orders > 1:  # all have read it: the steps of the order behind it are done
            self._client.key_value_delete(f"{ORDER}/{self._orders - 2}")
        self._orders += 1

    def orders(self) -> Iterator[dict[str, Any]]:
        """In the others: the orders of process 0, until it ends the run.

        Raises:
            ToldError: the run has ended otherwise than well.
        """
        while (order := self._wait(f"{ORDER}/{self._orders}", or_end=True)) is not None:
            self._orders += 1
            yield order

    @contextlib.contextmanager
    def passing_on(self) -> Generator[None]:
        """In the others: a signal that asks to stop goes to process 0, which may train while this one prepares."""
        asked = {number: signal.signal(number, self._ask) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in asked.items():
                signal.signal(number, handler)

    def _ask(self, number: int, frame: object) -> None:
        self._client.key_value_set(f"{STOP}/{self.index}", "true", allow_overwrite=True)

    def _wait(self, key: str, *, or_end: bool = False) -> Any:
        """What another process says under a key; None where the run ended well and `or_end` allows for that."""
        while True:
            with contextlib.suppress(jax.errors.JaxRuntimeError):  # not yet
                return json.loads(self._client.blocking_key_value_get(key, int(1000 * PAUSE)))
            if self._ended and (self._failed or not or_end):
                raise self._ended
            if self._ended:
                return None

    def _watch(self) -> None:
        """Wait for the end in another process. Where the main thread does not see it, end this process from here."""
        stopping = False
        while not self._ended and not self._leaving.is_set():
            time.sleep(PAUSE)
            with contextlib.suppress(jax.errors.JaxRuntimeError):
                self._ended = self._heard()
                if self.index == 0 and not stopping and self._client.key_value_dir_get(STOP):
                    stopping = True
                    os.kill(os.getpid(), signal.SIGTERM)
        if (failed := self._failed) and not self._leaving.wait(GRACE):
            self._say(str(failed), failed.code)
            self.leave(failed.code, str(failed))
            os._exit(failed.code)

    @property
    def _failed(self) -> ToldError | None:
        """What ended the run in another process, otherwise than well."""
        return self._ended if self._ended and self._ended.code else None

    def _heard(self) -> ToldError | None:
        found = self._client.key_value_dir_get(FAILED if self.index == 0 else END)
        if not found:
            return None
        said = json.loads(found[0][1])
        return ToldError(f"process {said['process']}: {said['line']}", said["code"])

    def _until(self, true: Callable[[], object], seconds: float) -> None:
        """Wait until something is true, or so long."""
        end = time.monotonic() + seconds
        while not true() and time.monotonic() < end:
            time.sleep(PAUSE / 10)
