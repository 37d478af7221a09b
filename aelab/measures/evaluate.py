"""`aelab eval` of one run: its groups one after the other, each kept as soon as it is there."""

import math
import time
from pathlib import Path

from aelab.devices import startup
from aelab.measures import against, record
from aelab.measures.groups import Group, menu
from aelab.measures.measure import Measured, Undefined
from aelab.measures.progress import say
from aelab.measures.record import Part
from aelab.measures.subject import Asked, Subject, read
from aelab.measures.table import Outcome
from aelab.runs.own_scripts import Trust


def evaluate(path: Path, asked: Asked, *, trust: Trust = False) -> Outcome:
    """Measure what was not measured yet; what was asked for, in the order of the menu.

    Raises:
        AelabError: see `aelab.measures.subject.read`; or another process writes the run, or it cannot be written.
    """
    startup.start()  # before anything is computed, so that programs are found in the cache
    subject = read(path, asked, trust=trust)
    with subject.run.locked():
        groups = {name: group for name, group in menu.items() if group.quick or asked.full}
        if asked.against:
            name, measure = against.group(subject, asked.against)
            groups[name] = Group(measure)
        parts = [part(subject, name, group) for name, group in groups.items()]
    stored = subject.run.read("config.json")
    config = stored["config"] | {"experiment": stored["experiment"]}
    return Outcome(path.resolve().name, config, parts, subject.experiment.scores)


def finite(found: Measured | Undefined) -> Measured | Undefined:
    """A number that is none, as of a model whose outputs overflow, is undefined."""
    if isinstance(found, Measured) and not math.isfinite(found.value):
        return Undefined(found.name, "not finite: some output of the model is infinite, or no number")
    return found


def part(subject: Subject, name: str, group: Group) -> Part:
    """What a group finds, or found before."""
    asked, run, checkpoint = subject.asked, subject.run, subject.checkpoint
    blank = Part(name, asked.split, getattr(asked, group.number) if group.number else None, subject.seed, [])
    known = record.read(run, checkpoint, timed=group.timed)
    if blank.key in known:
        return known[blank.key]
    start = time.monotonic()
    done = blank._replace(found=[finite(each) for each in group.measure(subject)])
    if done.found:
        say(f"{name}: {len(done.found)} numbers in {time.monotonic() - start:.0f} s")
    record.write(run, checkpoint, known | {done.key: done}, timed=group.timed)
    return done
