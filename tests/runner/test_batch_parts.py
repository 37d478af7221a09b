"""Which parts of a batch are refused, and with which words; what virtual shards say of a run's name."""

import dataclasses

import pytest

from aelab.config import Config, run_name, stored
from aelab.errors import ConfigError
from aelab.runner.batch_parts import check

REFUSED = {
    "--virtual-shards: 6 is no power of two; 1 2 4 8 are": ({"virtual_shards": 6}, 1),
    "--devices: 3 do not divide 8 virtual shards; these do: 1 2 4 8": ({"virtual_shards": 8}, 3),
    "--devices: 8 do not divide 4 virtual shards; these do: 1 2 4": ({"virtual_shards": 4}, 8),
    "--accumulate: 3 does not divide the 4 rows of each of 8 virtual shards; these do: 1 2 4": (
        {"virtual_shards": 8, "accumulate": 3, "batch_size": 30},
        2,
    ),
}


@pytest.mark.parametrize("words", REFUSED)
def test_what_does_not_divide_is_refused(words):
    fields, devices = REFUSED[words]
    with pytest.raises(ConfigError) as error:
        check(Config(**fields), 100, devices, fields["virtual_shards"], across=False)
    assert str(error.value) == words


def test_a_batch_that_does_not_divide_is_padded():
    check(Config(batch_size=30), 100, 4, 8, across=False)
    check(Config(batch_size=3), 100, 4, 8, across=False)


def test_virtual_shards_make_another_run_and_devices_do_not():
    plain = Config()
    cut = dataclasses.replace(plain, virtual_shards=8)
    assert "virtual_shards" not in stored(plain)
    assert stored(cut)["virtual_shards"] == 8
    assert run_name("a", cut) != run_name("a", plain)
    assert run_name("a", dataclasses.replace(cut, devices=4, parallel="jit")) == run_name("a", cut)
