"""One cell of a table to a number, however people write numbers: decimal commas, thousands, percent, true and false."""

import math
import re

import numpy as np

MISSING = frozenset({"", "?", "-", ".", "na", "n/a", "nan", "null", "none", "#n/a", "<na>", "missing"})
WORDS = {"true": 1.0, "false": 0.0}
POINTS = re.compile(r"[-+]?\d{1,3}(,\d{3})+(\.\d*)?")  # 1,234,567.8
COMMAS = re.compile(r"[-+]?\d{1,3}(\.\d{3})+(,\d*)?")  # 1.234.567,8
DECIMAL_COMMA = re.compile(r"[-+]?(\d*,\d+|\d{1,3}(\.\d{3})+,\d*)([eE][-+]?\d+)?\s*%?")
DECIMAL_POINT = re.compile(r"[-+]?(\d*\.\d+|\d{1,3}(,\d{3})+\.\d*)([eE][-+]?\d+)?\s*%?")
SPACES = str.maketrans("", "", "\u00a0\u202f\u2009'’ ")  # what else stands between thousands
MOST = float(np.finfo(np.float32).max)


def number(text: str, comma: bool = False) -> float:
    """The number that a cell holds, NaN where it is missing; `comma` says that decimals follow a comma. 5 % is 0.05.

    Raises:
        ValueError: it holds something else, or what is not finite as float32.
    """
    word = text.strip()
    if word.lower() in MISSING:
        return math.nan
    if word.lower() in WORDS:
        return WORDS[word.lower()]
    share = word.endswith("%")
    word = word.rstrip("% ").translate(SPACES).replace("−", "-")
    if (COMMAS if comma else POINTS).fullmatch(word):
        word = word.replace("." if comma else ",", "")
    value = float(word.replace(",", ".") if comma else word) / (100 if share else 1)
    if "_" in word or not abs(value) <= MOST:
        raise ValueError(f"{text!r} is no finite number")
    return value


def is_number(text: str, comma: bool = False) -> bool:
    """Whether a cell holds a number, or says that one is missing."""
    try:
        number(text, comma)
    except ValueError:
        return text.strip().lower().lstrip("+-") in ("inf", "infinity")
    return True


def has_decimal_commas(cells: list[str]) -> bool:
    """Whether some of these cells have a comma before their decimals, and none a point."""
    written = [cell.strip() for cell in cells]
    return any(map(DECIMAL_COMMA.fullmatch, written)) and not any(map(DECIMAL_POINT.fullmatch, written))
