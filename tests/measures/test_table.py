"""The table of runs: columns by recipe, seeds together, and the forms it is written in."""

import json
import math
import shutil
import subprocess

import pytest
from scipy import stats

from aelab.measures import groups, record, written
from aelab.measures.measure import Measured, Undefined
from aelab.measures.numbers import pm
from aelab.measures.record import Part
from aelab.measures.table import EMPTY, Outcome, table


def number(name, value, error=0.5, n=100):
    return Measured(name, value, error, n, "test", None, 0, "f" * 64, "nats per example", "higher", "what it means")


def outcome(seed, *found, beta=1.0, group="likelihood"):
    config = {"seed": seed, "beta": beta}
    return Outcome(f"digits-mlp-z2-abc-s{seed}", config, [Part(group, "test", None, seed, list(found))])


@pytest.mark.parametrize(
    ("value", "error", "words"),
    [
        (-263.0616, 2.3808, "-263.1 ± 2.4"),
        (0.024316, 0.00038, "0.02432 ± 0.00038"),
        (135604.2, 4753.1, "135,604 ± 4,753"),
        (16.0, 0.0, "16"),
        (1079600, math.nan, "1,079,600"),
        (0.38034, math.nan, "0.3803"),
    ],
)
def test_a_number_has_as_many_digits_as_its_error_allows(value, error, words):
    assert pm(value, error) == words


def test_seeds_share_a_column_with_the_interval_of_student():
    values = [-100.0, -102.0, -101.5]
    made = table([outcome(seed, number("elbo", value)) for seed, value in enumerate(values)])
    assert made.columns == ("digits-mlp-z2-abc, 3 seeds",)
    low, high = stats.t.interval(0.95, 2, loc=sum(values) / 3, scale=stats.sem(values))
    assert made.lines[0].cells == (f"-101.2 ± 1.0 [{low:.1f}, {high:.1f}]",)


def test_recipes_stand_side_by_side_and_gaps_say_why():
    made = table([outcome(0, number("elbo", 1.0)), outcome(0, Undefined("elbo", "no prior"), beta=2.0)])
    assert len(made.columns) == 2
    (line,) = made.lines
    assert line.cells == ("1.00 ± 0.50", EMPTY)
    assert line.about == "nats per example"
    assert f"{made.columns[1]} has no ELBO: no prior." in made.notes


def test_many_numbers_of_a_kind_are_cut_to_the_largest():
    made = table([outcome(0, *(number(f"unit_rate:z{i}", float(i)) for i in range(20)), group="codes")])
    assert [line.name for line in made.lines] == [f"KL of number z{i}" for i in (19, 18, 17, 16, 15)]
    assert "5 largest of 20" in made.notes[-1]


def test_a_group_without_numbers_is_one_line():
    made = table([outcome(0, *(Undefined(name, "no factors") for name in ("mig", "sap", "beta_vae")))])
    assert [(line.name, line.about) for line in made.lines] == [("MIG … β-VAE score", "no factors")]


def test_the_menu_is_in_the_order_of_the_page():
    assert tuple(groups.menu) == record.ORDER


def test_json_has_every_field_and_no_nan():
    (line,) = written.as_lines([outcome(0, number("mse", 1.0, math.nan))]).splitlines()
    (found,) = json.loads(line, parse_constant=pytest.fail)["groups"][0]["found"]
    assert set(found) == set(Measured._fields)
    assert found["error"] is None


def test_special_characters_of_latex_are_words():
    assert written.escaped(r"50 % of a_b & {c} \d ~ ^") == (
        r"50 \% of a\_b \& \{c\} \textbackslash{}d \textasciitilde{} \textasciicircum{}"
    )


@pytest.mark.long
def test_the_latex_table_compiles(tmp_path):
    """Every score of the registry, defined and undefined, with five seeds."""
    from aelab.experiment.measures import MEASURES
    from aelab.experiment.scores import SCORES

    compiler = shutil.which("tectonic") or shutil.which("pdflatex")
    if compiler is None:
        pytest.skip("neither tectonic nor pdflatex is installed")
    scores = [number(score.name, -1234.5)._replace(unit=score.unit) for score in (*SCORES, *MEASURES)]
    runs = [outcome(seed, *(s._replace(value=s.value + seed) for s in scores)) for seed in range(5)]
    runs.append(outcome(0, *(Undefined(score.name, "50 % & no_prior ‖ ½ ∈ x̂") for score in scores[::2]), beta=2.0))
    head = "\\documentclass{article}\n\\usepackage{booktabs}\n\\begin{document}\n"
    source = tmp_path / "table.tex"
    source.write_text(f"{head}{{\\tiny {written.latex(table(runs))}}}\n\\end{{document}}\n")
    halt = ["-interaction=nonstopmode", "-halt-on-error"] if "pdflatex" in compiler else []
    done = subprocess.run([compiler, *halt, source.name], cwd=tmp_path, capture_output=True, text=True, check=False)
    if "booktabs.sty' not found" in done.stdout:
        pytest.skip("the LaTeX package booktabs is not installed")
    assert done.returncode == 0, done.stdout[-1500:]
    assert (tmp_path / "table.pdf").stat().st_size > 1000
