"""The blocks of docs/estimator.md run, one after the other, and say what the page says."""

import re
from pathlib import Path

import numpy as np
import pytest

PAGE = Path(__file__).parents[2] / "docs" / "estimator.md"


@pytest.mark.long
def test_the_code_of_the_page_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    page = {"__name__": "page"}
    for code in re.findall(r"^```python\n(.*?)^```$", PAGE.read_text(), re.DOTALL | re.MULTILINE):
        exec(compile(code, "estimator.md", "exec"), page)
    assert page["accuracy"] > 0.9
    assert page["z"].shape == (143, 4)
    assert page["again"].shape == page["test"].shape
    assert np.isfinite(page["nats"]).all()
    assert not np.isnan(page["tables"]).any()
    assert page["tables"].shape == (20, *page["train"].shape)
