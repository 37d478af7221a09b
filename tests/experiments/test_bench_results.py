"""What becomes of a race: medians, ratios round by round, the page, and the guard that compares with it."""

import json
import sys
from pathlib import Path

import pytest

from aelab.errors import ConfigError, NotReproducedError
from experiments.bench import goals, growth, machine, page, quick, race, results, rows, start
from experiments.bench.contenders import Contender

ROOT = Path(__file__).parents[2]
SPEED, README = ROOT / "docs" / "speed.md", ROOT / "README.md"
STORED = ROOT / "results" / "bench.json"


def row(ours=(1.0, 2.0, 4.0), peer=(2.0, 3.0, 12.0), **work) -> dict:
    """A row in which a turn is 1,000 examples of 1 MFLOP, beside a ceiling of 2 GFLOP/s; ratios 2, 1.5 and 3."""
    ran = {"peak_bytes": 500_000_000}
    return {
        "title": "FC VAE",
        "work": {"batch": 128, "steps": 5, **work},
        "ours": {"devices": 2},
        "device": {"platform": "cpu", "device": "cpu"},
        "contenders": {
            "ceiling": {"seconds": [1.0, 1.0, 1.0], "flop": 2e9, "peak_bytes": 1},
            "aelab": {"seconds": [*ours], "flop_per_example": 1e6, "examples": 1000, **ran},
            "PyTorch": {"seconds": [*peer], "examples": 1000, "version": "PyTorch 2", **ran},
            "Pythae": {"seconds": [8.0, 8.0, 8.0], "examples": 500, "version": "Pythae 0.1.2", **ran},
            rows.CALLS: {"seconds": [1.0, 1.0, 1.0], "examples": 1000, **ran},
        },
        "at": "2024-05-01",
        "on": "a processor",
        "commit": "abc",
    }


def measured() -> dict:
    sizes = [{"examples": 1000, "seconds": 0.03}, {"examples": 2000, "seconds": 0.05}]
    wide = [{"width": 8, "seconds": 0.001, "flop": 1e6}, {"width": 16, "seconds": 0.002, "flop": 2e6}]
    saves = {"seconds": 2.1, "ratio": 1.04}
    found = {
        "rows": {"fc": row()},
        "measures": {
            "start": {
                "help": 0.4,
                "nets": {"mlp": {"cold": {"step": 4.0, "report": 9.0}, "warm": {"step": 2.0, "report": 6.5}}},
                "at": "2024-05-02",
                "on": "a processor",
            },
            "saves": {"ways": {"a save every epoch": saves}, "at": "2024-05-02", "on": "a processor"},
            "growth": {"examples": sizes, "widths": wide, "at": "2024-05-02", "on": "a processor"},
        },
    }
    return {**found, "machine": machine.describe(found)}


def test_speeds_are_medians():
    assert results.speeds(row()) == {"aelab": 500, "PyTorch": 1000 / 3, "Pythae": 62.5, rows.CALLS: 1000}


def test_turns_that_state_no_examples_are_batches_of_steps():
    plain = row(members=3)
    del plain["contenders"]["PyTorch"]["examples"]
    assert results.examples(plain, "PyTorch") == 128 * 5 * 3


def test_a_ratio_is_taken_within_rounds():
    """That of medians would be 1.5; and half the examples in a turn count half."""
    assert results.ratio(row(), "PyTorch") == 2
    assert results.ratio(row(), "Pythae") == 8
    assert results.ratio(row(), rows.CALLS) == 0.5


def test_our_own_ways_are_no_peers():
    assert results.best_peer(row()) == "PyTorch"


def test_the_share_of_the_ceiling_counts_operations():
    assert results.share_of_ceiling(row()) == 500 * 1e6 / 2e9


def test_the_table_says_so():
    (line,) = results.table({"fc": row()}).splitlines()[2:]
    assert line == "| FC VAE | 128 | 500 | PyTorch | 333 | 2.00 | 25% |"
    assert "| FC VAE | 128 | Pythae | 62.50 | 8.00 |" in results.ratios({"fc": row()})
    assert "| FC VAE | 128 | 500 | PyTorch 500, Pythae 500, " in results.memory({"fc": row()})


def test_goals_are_judged():
    met = {goal.words: goal.met for goal in goals.goals(measured())}
    assert met["FC VAE, batch 128: 1.3 × PyTorch"]
    assert met["FC VAE: 2.0 × Pythae"]
    assert not met["FC VAE: 60% of the matmul ceiling"]
    assert met["`--help` within a second"]
    assert not met["report of `mlp` within 6 s, warm"]
    assert met["report of `mlp`: cold within 2.5 times as long as warm"]
    assert met["a save every epoch costs less than 5 %"]
    assert not met["linear in examples within 10 %"]  # 30 µs and 25 µs an example
    assert met["linear in width within 10 %, from 8 to 16"]


def test_cost_is_compared_with_the_largest():
    points = [{"seconds": 0.03, "n": 1}, {"seconds": 0.05, "n": 2}]
    assert growth.deviations(points, "n") == pytest.approx([0.2, 0])


def test_the_page_says_all_of_it(tmp_path):
    page.write(measured(), tmp_path)
    text = (tmp_path / "RESULTS.md").read_text()
    assert results.table({"fc": row()}) in text
    assert page.NO_GPU in text
    assert "PyTorch 2, Pythae 0.1.2" in text
    assert "2024-05-01, 2024-05-02" in text
    assert "| commits | abc |" in text
    assert {path.name for path in tmp_path.iterdir()} == {"RESULTS.md", "ratios.png", "growth.png"}


def test_rows_of_an_accelerator_have_their_section(tmp_path):
    gpu = {**row(), "device": {"platform": "gpu", "device": "some GPU"}}
    text = page.text({**measured(), "accelerator": {"fc": gpu}})
    assert page.NO_GPU not in text
    assert "| FC VAE | 128 | some GPU | 400.00 | 25% |" in text


@pytest.mark.skipif(not STORED.exists(), reason="`make bench` has not been run")
def test_the_page_is_what_was_measured(tmp_path):
    page.write(json.loads(STORED.read_text()), tmp_path)
    for made in tmp_path.iterdir():
        assert made.read_bytes() == (page.HERE / made.name).read_bytes(), made.name
    stored = json.loads(STORED.read_text())
    table = results.table(stored["rows"])
    assert table in SPEED.read_text()
    assert start.table(stored["measures"]["start"]) in SPEED.read_text()
    ratios = [float(line.split("|")[6]) for line in table.splitlines()[2:]]
    assert f"{min(ratios):.2f} to {max(ratios):.2f} times as fast" in README.read_text()


def test_a_ratio_that_has_fallen_fails():
    ratios = [*quick.compare(row(), row(ours=(2.0, 2.0, 6.0)))]
    assert [(r.other, r.stored, r.now) for r in ratios][:2] == [("PyTorch", 2, 1.5), ("Pythae", 8, 8)]
    assert "| PyTorch | 2.00 | 1.50 | holds |" in quick.verdict(ratios, 0.25)
    with pytest.raises(NotReproducedError, match=r"2\.00 times as fast as PyTorch and is 1\.50"):
        quick.verdict(ratios, 0.2)


def test_a_slower_machine_is_no_regression():
    slow = row(ours=(10.0, 20.0, 40.0), peer=(20.0, 30.0, 120.0))
    (ratio,) = (r for r in quick.compare(row(), slow) if r.other == "PyTorch")
    assert not ratio.fallen(0.01)


def test_other_sizes_are_not_compared():
    with pytest.raises(ConfigError, match="other sizes"):
        next(quick.compare(row(), row(batch=64)))


def test_turns_of_the_guard_are_shorter():
    quick_row = quick.shorter(rows.ROWS["fc"])
    assert quick_row.work == {**rows.ROWS["fc"].work, "steps": 156}
    assert next(quick.compare(row(), row(steps=2))).stored == 2


def test_several_processors_are_told_apart():
    assert "\n| processor | a processor |\n" in page.text(measured())
    found = measured()
    found["measures"]["saves"]["on"] = "an older one"
    text = page.text({**found, "machine": machine.describe(found)})
    assert "\n| processor | a processor; an older one |\n" in text
    assert "\n- on an older one: What saving costs\n" in text
    assert "\n- on a processor: FC VAE, batch 128; From the command to the report; Growth\n" in text


def test_the_guard_wants_something_to_guard(tmp_path, capfd):
    from aelab.runner import launch

    flags = ["--results", str(tmp_path / "none.json")]
    assert launch.command(quick.Config, quick.run, flags) == 2
    assert "`make bench`" in capfd.readouterr().err


@pytest.mark.parametrize(("flags", "word"), [(["--rows", "fcc"], "'fcc'"), (["--peers", "none"], "make peers")])
def test_a_race_names_what_is_missing(flags, word, capfd):
    from aelab.runner import launch

    assert launch.command(race.Config, race.run, flags) == 2
    (line,) = capfd.readouterr().err.splitlines()
    assert word in line


def test_all_that_is_guarded_is_raced():
    for name, others in quick.GUARDED.items():
        assert set(others) <= set(rows.ROWS[name].peers)


TURNS = """
import sys; sys.path.insert(0, {folder!r})
import protocol
state = [bytearray(50_000_000)]
protocol.serve(lambda: state.append(0) if len(state) < {limit} else sys.exit("out of turns"), examples=3)
"""


def contender(limit: int) -> Contender:
    program = TURNS.format(folder=str(rows.PEERS), limit=limit)
    return Contender("mine", [sys.executable, "-c", program], {})


def test_a_contender_says_what_it_needed_when_it_ends():
    mine = contender(limit=9)
    mine.turn()
    mine.close()
    assert mine.facts["examples"] == 3
    assert 50e6 < mine.facts["peak_bytes"] < 200e6
    assert 0 < mine.turns[0] < 1


def test_a_contender_that_ends_is_named():
    mine = contender(limit=3)
    with pytest.raises(ConfigError, match="mine: ended with code 1: out of turns"):
        mine.turn()
    mine.close()
