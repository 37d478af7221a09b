"""What can happen to a run: each kind of disturbance, and the setting that tells how many trials of it are made.

A disturbance is a function of a `Case`. It takes one run of a net, disturbs it, lets it go on to its end, and adds one
or more trials to those of the case.
"""

from functools import partial

from experiments.bench.disturbances import concurrent, damage, files, several, signals
from experiments.bench.disturbances.case import Case, outcome

MENU = {  # kind: the name of a field of `trials.Config`, and the function
    "kill": ("kills", signals.kill),
    "stop": ("stops", signals.stop),
    "second process": ("seconds", concurrent.second),
    "damage": ("damages", damage.damage),
    "race": ("races", concurrent.race),
    "small file system": ("disks", files.small_file_system),
    "read-only file system": ("read_only", files.read_only),
    "small files": ("limits", files.small_files),
    "removed folder": ("removals", files.removed_folder),
}

MENU_OF_TWO = {  # the same where two processes train the run
    "kill process 0 of two": ("kills", partial(several.kill, victim=0)),
    "kill process 1 of two": ("kills", partial(several.kill, victim=1)),
    "stop one of two": ("stops", several.stop),
    "full disk of process 0": ("disks", several.full_disk),
    "pause one of two": ("pauses", several.pause),
}

__all__ = ["MENU", "MENU_OF_TWO", "Case", "outcome"]
