"""The report of a run or a sweep: one page that needs nothing but itself."""

from aelab.report.page import write
from aelab.report.sweep import write_sweep

__all__ = ["write", "write_sweep"]
