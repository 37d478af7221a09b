"""Peak memory is that of the process."""

import numpy as np
import psutil

from aelab.devices import memory


def test_the_peak_is_no_less_than_what_is_held_and_never_falls():
    touched = np.ones(1 << 28, np.uint8)  # 256 MiB
    held, peak = psutil.Process().memory_info().rss, memory.peak()
    assert held >= touched.nbytes
    assert peak >= 0.99 * held  # the kernel brings either count up to date when it likes
    del touched
    assert memory.peak() >= peak
