"""Errors a user can cause: one line that names the field or the file and what would help, and an exit code."""


class AelabError(Exception):
    """Base of all of them; `code` is the exit code of the command line."""

    code = 1


class ConfigError(AelabError, ValueError):
    """A flag, a field or a combination of them that cannot be run."""

    code = 2


class DataError(AelabError):
    """A data set that is unknown, missing or broken."""

    code = 3


class NonFiniteError(AelabError):
    """A loss or a parameter became NaN or infinite; `step` is the first that may be to blame, counted from 0."""

    code = 4

    def __init__(self, message: str, step: int = -1):
        super().__init__(message)
        self.step = step


class CheckpointError(AelabError):
    """No checkpoint of a run can be trusted, or the one asked for is missing."""

    code = 5


class NotReproducedError(AelabError):
    """A run was trained again and came out differently."""

    code = 6


class LockedError(AelabError):
    """Another process is writing this run folder."""

    code = 7


class StorageError(AelabError):
    """The run folder cannot be written, or the disk is full."""

    code = 8


class SweepError(AelabError):
    """Some points of a sweep failed; the others are done."""

    code = 9


class LostError(AelabError):
    """Another process of the run has not come, has ended without a word, or has not answered in time."""

    code = 10


class ToldError(AelabError):
    """Another process of the run has ended for this reason; `code` is its exit code."""

    def __init__(self, message: str, code: int):
        super().__init__(message)
        self.code = code


class Preempted(AelabError):  # noqa: N818 - not an error
    """The run was asked to stop and has saved its state; the same command resumes it."""

    code = 75
