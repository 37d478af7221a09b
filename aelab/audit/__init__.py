"""Checks of a run: against its own records (`aelab verify`), and by training it again (`aelab reproduce`)."""
