"""The report of a run or a sweep: one page that needs nothing but itself."""

from aelab.report.page import write
from aelab.report.sweep import Board, write_sweep

__all__ = ["Board", "write", "write_sweep"]
