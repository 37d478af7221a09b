"""How a lead over a rival is said: its value, where other draws of events would put it, and what is sure of it."""

from collections.abc import Sequence
from operator import itemgetter

LEAD = itemgetter("db", "low", "high")  # of a row of leads in dB


def marked(lead: Sequence[float], digits: int, unit: str = "") -> str:
    """The value of a lead, with its `unit`, and the ends of its interval, all with a plus or a minus."""
    value, low, high = (f"{number:+.{digits}f}" for number in lead)
    return f"{value}{unit} ({low} to {high})".replace("-", "−")


def standing(lead: Sequence[float]) -> str:
    """Where ours stands, by the whole interval."""
    _, low, high = lead
    return "ahead" if low > 0 else "behind" if high < 0 else "neither ahead nor behind for sure"
