"""Means, intervals and pairs are those of statistics; the order is that of the score."""

import json
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from aelab import cli
from aelab.compare import comparison
from aelab.compare.ground import ground, groups
from aelab.compare.leaderboard import Member, differing, pick_score, rank
from aelab.errors import ConfigError
from aelab.evaluation.over_seeds import over_seeds

RNG = np.random.default_rng(0)


def member(seed, **own):
    scores = own.pop("scores")
    config = {"data": "digits", "beta": 1.0, "widths": [8], **own, "seed": seed, "experiment": "experiments.vae"}
    return Member(Path(f"runs/vae/{own}-{seed}"), config, scores)


def sweep(score="test/elbo", shift=3.0):
    """Two settings, three seeds, whose noise is common to both."""
    noise = RNG.normal(size=3) * 10
    return [
        member(s, beta=b, scores={score: -100 + noise[s] - shift * b + RNG.normal()})
        for b in (0.5, 4.0)
        for s in range(3)
    ]


def test_the_interval_is_that_of_students_t():
    sample = RNG.normal(size=7)
    found = over_seeds(sample.tolist())
    low, high = stats.t.interval(0.95, 6, loc=sample.mean(), scale=stats.sem(sample))
    np.testing.assert_allclose(found, (sample.mean(), sample.std(ddof=1), low, high, 7))
    assert over_seeds([2.0]) == (2.0, None, None, None, 1)


def test_the_interval_holds_the_mean_in_95_of_100_samples():
    hits = [low <= 5 <= high for _, _, low, high, _ in (over_seeds(RNG.normal(5, 2, 3).tolist()) for _ in range(1000))]
    assert 0.93 < np.mean(hits) < 0.97


def test_seeds_that_are_shared_are_compared_in_pairs():
    members = sweep()
    best, worst = rank(members, "test/elbo")
    assert (best.fields, worst.fields) == ({"beta": 0.5}, {"beta": 4.0})
    pairs = [members[3 + s].scores["test/elbo"] - members[s].scores["test/elbo"] for s in range(3)]
    assert best.behind is None
    assert worst.behind == over_seeds(pairs)
    assert worst.behind.sd < worst.score.sd / 2  # what the seeds have in common is gone
    alone = rank([*members[:3], member(9, beta=4.0, scores={"test/elbo": -200.0})], "test/elbo")
    assert alone[1].behind is None


@pytest.mark.parametrize(("score", "first"), [("test/elbo", 0.5), ("test/l_10", 0.5), ("test/distortion", 4.0)])
def test_the_best_comes_first_whichever_way_a_score_goes(score, first):
    assert rank(sweep(score), score)[0].fields == {"beta": first}


def test_only_settings_that_differ_are_named():
    members = [member(0, scores={}), member(1, widths=[8, 4], scores={}), member(2, widths=[8, 4], scores={})]
    assert differing([m.config for m in members]) == ["widths"]


def test_a_setting_that_a_net_does_not_read_tells_no_runs_apart():
    """Conv nets do not read `widths`, and all other nets read no `channels`."""
    nets = [("mlp", [8], [4]), ("mlp", [9], [5]), ("conv", [7], [6])]
    members = [member(0, net=net, widths=w, channels=c, scores={"test/elbo": -i}) for i, (net, w, c) in enumerate(nets)]
    assert differing([m.config for m in members]) == ["widths", "net"]
    assert rank(members, "test/elbo")[-1].fields == {"widths": None, "net": "conv"}


def test_a_score_that_no_run_has_is_refused():
    members = [member(0, scores={"test/distortion": 1.0, "test/elbo": 2.0}), member(1, scores={"test/distortion": 2.0})]
    assert pick_score(members) == "test/distortion"
    with pytest.raises(ConfigError, match=r"--score test/elbow: no run has it; nearest: test/elbo"):
        pick_score(members, "test/elbow")


@pytest.mark.parametrize(
    "asked", ["l_100", "L_100", "test/l_100", "ELBO", "active units", "active_units", "bits_per_dim"]
)
def test_a_score_goes_by_every_name_that_it_is_shown_by(asked):
    names = ["validation/elbo", "test/elbo", "test/l_100", "test/active_units", "test/bits_per_dim"]
    found = pick_score([member(0, scores=dict.fromkeys(names, 1.0))], asked)
    assert found.lower() == "test/" + asked.lower().removeprefix("test/").replace(" ", "_")
    assert pick_score([member(0, scores=dict.fromkeys(names, 1.0))], "bits per dimension") == "test/bits_per_dim"


def run_folder(path, seed, beta, elbo, **more):
    path.mkdir(parents=True)
    config = {"data": "digits", "beta": beta, "seed": seed, **more}
    (path / "config.json").write_text(json.dumps({"schema": 1, "experiment": "experiments.vae", "config": config}))
    (path / "status.json").write_text('{"state": "done", "step": 1}')
    scores = {"test/elbo": elbo, "test/distortion": -elbo - 10 / beta, "test/rate": 10 / beta}
    (path / "summary.json").write_text(json.dumps({"scores": scores}))
    return path


@pytest.fixture
def runs(tmp_path):
    return [run_folder(tmp_path / "vae" / f"{b}-{s}", s, b, -100 - b - s) for b in (0.5, 4.0) for s in (0, 1)]


def test_runs_are_told_as_a_table_as_csv_and_as_json(runs, capfd):
    comparison.compare(runs, form="markdown")
    first = capfd.readouterr().out.splitlines()[2]
    assert first.startswith("| 0.5 | 2 | −101.00 ± 0.71 | −107.35 … −94.65 |")
    comparison.compare(runs)
    cells = [[cell.strip() for cell in line.split("│")] for line in capfd.readouterr().out.splitlines() if "│" in line]
    assert cells[0][1:5] == ["0.5", "2", "−101.00 ± 0.71", "−107.35 … −94.65"]
    comparison.compare(runs, form="csv")
    head, best, _ = capfd.readouterr().out.splitlines()
    assert head.startswith("beta,seeds,test/elbo mean,test/elbo sd")
    assert best.startswith("0.5,0 1,-101.0,0.707")
    comparison.compare(runs, form="json")
    entries = json.loads(capfd.readouterr().out)
    assert [entry["fields"] for entry in entries] == [{"beta": 0.5}, {"beta": 4.0}]
    assert entries[1]["behind_best"]["mean"] == -3.5


def test_a_sweep_gets_figures_and_a_page(runs, tmp_path, capfd):
    folder = tmp_path / "sweeps" / "mine"
    folder.mkdir(parents=True)
    points = [{"name": run.name, "run": f"vae/{run.name}", "state": "done", "reason": ""} for run in runs]
    points.append({"name": "lost", "run": "vae/lost", "state": "failed", "reason": "<b>no memory</b>"})
    (folder / "sweep.json").write_text(
        json.dumps({"script": "experiments.vae", "spec": "beta=0.5,4", "points": points})
    )
    comparison.compare([folder])
    assert {path.name for path in (folder / "figures").glob("*.png")} == {"fields.png", "tradeoff.png"}
    page = (folder / "report.html").read_text()
    assert "lost: &lt;b&gt;no memory&lt;/b&gt;" in page
    assert '<a href="../../vae/4.0-1/report.html">vae/4.0-1</a>' in page
    assert page.count("<img") == 1
    assert page.count('class="dot"') == 2  # rate and distortion are drawn in the page itself
    assert "−101.00 ± 0.71" in page
    (folder / "report.html").unlink()
    assert cli.main(["report", str(folder)]) == 0
    assert (folder / "report.html").read_text() == page


def test_what_cannot_be_compared_is_said(runs, tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(ConfigError, match="neither a run folder"):
        comparison.compare([tmp_path / "empty"])
    (runs[0] / "status.json").write_text('{"state": "running", "step": 1}')
    with pytest.raises(ConfigError, match="no run of it is finished"):
        comparison.compare(runs[:1])


def rows(text):
    return [line for line in text.splitlines() if line.startswith("| ") and not line.startswith("| ---")]


def test_unfinished_runs_are_listed_apart(runs, tmp_path, capfd):
    (runs[0] / "status.json").write_text('{"state": "running", "step": 7}')
    comparison.compare([tmp_path / "vae"], form="markdown")
    said = capfd.readouterr().out
    assert f"Not ranked:\n- {runs[0]}: not finished (running, step 7)" in said
    assert rows(said)[1].startswith("| 0.5 | 1 | −101.50 |")  # the seed that is left
    comparison.compare([tmp_path / "vae"], form="json")
    out, err = capfd.readouterr()
    assert len(json.loads(out)) == 2
    assert str(runs[0]) in err


def test_runs_of_other_data_likelihoods_or_entries_get_tables_of_their_own(runs, tmp_path, capfd):
    """Each of three more runs differs from the others in one of them, and would be first in their table."""
    run_folder(tmp_path / "vae" / "other-data", 0, 1.0, -1.0, data="fashion_small")
    run_folder(tmp_path / "vae" / "normal", 0, 1.0, -2.0, likelihood="normal")
    holes = run_folder(tmp_path / "vae" / "holes", 0, 1.0, -3.0)
    for run in (*runs, holes):
        summary = json.loads((run / "summary.json").read_text())
        summary["scores"] |= {"test/squared_error": 5.0, "test/mse": 5.0 / (16 if run == holes else 64.0)}
        (run / "summary.json").write_text(json.dumps(summary))
    comparison.compare([tmp_path / "vae"], form="markdown")
    tables = capfd.readouterr().out.split("\n\n")
    assert sum(bool(rows(part)) for part in tables) == 4
    comparison.compare([tmp_path / "vae"], form="json")
    found = json.loads(capfd.readouterr().out)
    assert [entry["of"] for entry in found] == [
        "digits, 64 entries", "digits, 64 entries", "digits, 16 entries", "digits, normal", "fashion_small",
    ]  # fmt: skip
    assert [entry["behind_best"] is None for entry in found] == [True, False, True, True, True]


def test_one_name_for_two_sets_is_no_common_ground():
    spec = {"shape": [2], "values": "real", "scale": [1.0, 2.0]}

    def of(sha, **changed):
        data = {"spec": {**spec, **changed}, "splits": {"test": {"sha256": sha}}}
        return ground({"data": "csv:a.csv", "likelihood": "auto"}, {"data": data}, {})

    same, other, rescaled = of("aa"), of("bb"), of("aa", scale=[1.0, 3.0])
    assert groups([same, other, of("aa"), rescaled], by_likelihood=True) == [[0, 2], [1], [3]]
    assert same.likelihood == "normal"


def test_a_score_that_does_not_depend_on_the_likelihood_ranks_all(runs, tmp_path, capfd):
    run_folder(tmp_path / "vae" / "normal", 0, 1.0, -2.0, likelihood="normal")
    comparison.compare([tmp_path / "vae"], "rate", form="json")
    assert len({entry["of"] for entry in json.loads(capfd.readouterr().out)}) == 1
    comparison.compare([tmp_path / "vae"], "rate")
    assert "distortion" not in capfd.readouterr().out  # of two likelihoods
    comparison.compare(runs, "rate")
    assert "distortion" in capfd.readouterr().out
    comparison.compare([tmp_path / "vae"], "elbo", form="json")
    assert len({entry["of"] for entry in json.loads(capfd.readouterr().out)}) == 2


def test_a_bound_that_is_none_of_a_density_says_so(runs, tmp_path, capfd):
    def grey(levels):
        data = {"spec": {"shape": [8, 8, 1], "values": "unit", "levels": levels}, "splits": {"test": {"sha256": "a"}}}
        for run in runs:
            (run / "manifest.json").write_text(json.dumps({"schema": 1, "data": data}))
            stored = json.loads((run / "config.json").read_text())
            stored["config"]["likelihood"] = "auto"
            (run / "config.json").write_text(json.dumps(stored))

    grey(17)
    comparison.compare(runs)
    assert "Note: the data are grey and the likelihood is Bernoulli's, which is no density" in capfd.readouterr().out
    comparison.compare(runs, "rate")
    assert "no density" not in capfd.readouterr().out
    grey(2)
    comparison.compare(runs)
    assert "no density" not in capfd.readouterr().out


def test_a_table_on_a_terminal_shows_lists_as_they_are(tmp_path, capfd):
    """`[512,256]` is a value and no colour."""
    paths = [run_folder(tmp_path / "vae" / str(i), 0, 1.0, -i, widths=[512, 256 + i]) for i in (1, 2)]
    comparison.compare(paths)
    said = capfd.readouterr().out
    assert "[512,257]" in said
    assert "[512,258]" in said
    assert cli.main(["compare", *map(str, paths), "--csv", "--json"]) == 2
    assert "--json: a table has one form" in capfd.readouterr().err
