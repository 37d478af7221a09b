"""The report of a run: one page that needs nothing but itself."""

from aelab.report.page import write

__all__ = ["write"]
