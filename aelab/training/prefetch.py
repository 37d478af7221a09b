"""Reading ahead: threads read the next chunks, in order and a bounded number at a time, while a chunk is trained."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import chain
from typing import Any

Span = tuple[int, int]  # first step and number of steps


class Prefetch:
    """Gives `read(step, length)`, and reads ahead up to `depth` of the spans that `following` expects next.

    The results are those of `read`, whatever `depth` and `threads` are. A span that was not expected is read when it is
    requested, and reading ahead goes on from there. Several threads help where a disk answers slowly. Close it, or
    leave its `with` block, to end the threads.
    """

    def __init__(
        self,
        read: Callable[[int, int], Any],
        following: Callable[[int], Iterable[Span]],  # the spans from a step on
        *,
        depth: int = 2,
        threads: int = 2,
    ):
        self._read, self._following, self.depth = read, following, depth
        self._spans: Iterator[Span] = iter(())
        self._ahead: deque[tuple[Span, Future]] = deque()
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="aelab-prefetch")

    def chunk(self, step: int, length: int) -> Any:
        """What `read` gives for a span.

        Raises:
            Exception: whatever `read` raised, here and not in a thread.
        """
        if not self._ahead or self._ahead[0][0] != (step, length):
            self._forget()
            self._spans = chain([(step, length)], self._following(step + length))
            self._fill(1)
        _, future = self._ahead.popleft()
        self._fill(self.depth)
        return future.result()

    def _fill(self, count: int) -> None:
        while len(self._ahead) < count and (span := next(self._spans, None)):
            self._ahead.append((span, self._pool.submit(self._read, *span)))

    def _forget(self) -> None:
        for _, future in self._ahead:
            future.cancel()
        self._ahead.clear()

    def __enter__(self):
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Read no more; waits for the reads that have begun."""
        self._forget()
        self._pool.shutdown()
