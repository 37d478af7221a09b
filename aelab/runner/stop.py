"""Signals that ask a run to stop."""

import signal


class StopRequest:
    """SIGINT and SIGTERM ask to stop at the next boundary; a second SIGINT stops at once.

    Set `at_once` where nothing is lost by that: a signal is a KeyboardInterrupt from then on.
    """

    def __init__(self):
        self.asked = self.at_once = False

    def __call__(self) -> bool:
        return self.asked

    def __enter__(self):
        self._before = {number: signal.signal(number, self._ask) for number in (signal.SIGINT, signal.SIGTERM)}
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _ask(self, number: int, frame: object) -> None:
        again, self.asked = self.asked, True
        if (number == signal.SIGINT and again) or (self.at_once and not again):  # SIGTERM may come twice at a time
            raise KeyboardInterrupt
