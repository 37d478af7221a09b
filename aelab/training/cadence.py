"""When a run logs, validates and saves, in steps, and how its steps are cut into chunks between these."""

from collections.abc import Iterator
from typing import NamedTuple

from aelab.config import Config, automatic
from aelab.training.early_stopping import Patience
from aelab.training.feed import LONGEST

PROBES = (1, 10, 100)  # steps whose state is digested, beside step 0 and every checkpoint


class Cadence(NamedTuple):
    """When things happen, in steps."""

    total: int
    epoch: int
    chunk: int
    evaluate: int
    save: int
    probes: tuple[int, ...] = ()  # single steps after which the state is digested
    until: int = 0  # stop here, though the run is planned to `total`; 0 is `total`
    log: int = 0  # between rows of training losses; 0 is an epoch

    @property
    def row(self) -> int:
        """Steps between rows of training losses."""
        return self.log or self.epoch

    @property
    def end(self) -> int:
        return min(self.until or self.total, self.total)

    def next(self, step: int) -> int:
        """The end of the chunk that starts at `step`: no chunk crosses anything that is due.

        A chunk with a probe inside is taken in single steps: one more program to compile, whatever the probes.
        """
        ends = [step + every - step % every for every in (self.row, self.evaluate, self.save)]
        ends.append(step + self.chunk - (step % self.row) % self.chunk)
        end, start = min(*ends, self.total), step - (step % self.row) % self.chunk
        return step + 1 if any(start < probe < end for probe in (*self.probes, self.end)) else end

    def spans(self, step: int) -> Iterator[tuple[int, int]]:
        """First step and length of every chunk from `step` to the end."""
        while step < self.end:
            end = self.next(step)
            yield step, end - step
            step = end

    def due(self, step: int, every: int) -> bool:
        return step % every == 0 or step == self.total

    def probed(self, step: int) -> bool:
        """Whether the state after `step` belongs to the chain of digests."""
        return step in self.probes or self.due(step, self.save) or step == self.end


def choose_chunk(epoch: int, most: int = 100) -> int:
    """Steps of a chunk: the largest divisor of an epoch's that is at most `most`, so that one program serves all.

    Where every divisor is small, `most`: a second program for the rest of an epoch is cheaper than many calls.
    """
    best = max(n for n in range(1, min(epoch, most) + 1) if epoch % n == 0)
    return best if best >= min(epoch, 16) else most


def cadence_of(config: Config, steps_per_epoch: int, longest: int = LONGEST, until: int = 0) -> Cadence:
    """The cadences of a config, its epochs turned into steps."""

    def steps(epochs: float) -> int:
        return max(1, round(epochs * steps_per_epoch))

    if found := automatic.plan(config, steps_per_epoch):
        return Cadence(
            total=2 if config.smoke else found.most,
            epoch=steps_per_epoch,
            chunk=config.chunk or choose_chunk(found.evaluate, longest),
            evaluate=found.evaluate,
            save=found.save,
            probes=PROBES,
            until=until,
            log=found.evaluate,
        )
    return Cadence(
        total=2 if config.smoke else int(config.epochs) * steps_per_epoch,
        epoch=steps_per_epoch,
        chunk=config.chunk or choose_chunk(steps_per_epoch, longest),
        evaluate=steps(config.eval_every),
        save=steps(config.save_every),
        probes=PROBES,
        until=until,
    )


def patience_of(config: Config, steps_per_epoch: int) -> Patience:
    """How long a config waits for a better validation loss."""
    if found := automatic.plan(config, steps_per_epoch):
        return Patience(found.wait, found.least, found.gain)
    return Patience(config.patience)
