"""What codes carry: the parts add up to the rate of the summary."""

import numpy as np
import pytest

from aelab.measures import codes
from aelab.measures.measure import Measured
from aelab.measures.subject import Asked, read


def test_rates_of_numbers_add_up_to_the_rate_of_the_summary(finished):
    subject = read(finished, Asked())
    found = {each.name: each for each in codes.measure(subject) if isinstance(each, Measured)}
    scores = subject.run.read("summary.json")["scores"]
    rates = [each.value for name, each in found.items() if name.startswith("unit_rate:")]
    assert sum(rates) == pytest.approx(scores["test/rate"], rel=1e-5)
    assert found["active_units"].value == scores["test/active_units"]
    both = found["information"].value + found["aggregate_rate"].value
    error = np.hypot(found["information"].error, found["aggregate_rate"].error)
    assert abs(both - scores["test/rate"]) < 4 * error
