"""Tables of words and numbers into a run and out of it: worked by hand, and once through a trained run."""

import csv

import numpy as np
import pytest

from aelab.apply.inputs import as_seen, read
from aelab.apply.outputs import save
from aelab.config import DataOptions
from aelab.data.columns import Column, entries
from aelab.data.source import Spec
from aelab.errors import DataError

COLUMNS = (Column("age", "number"), Column("town", "category", ("Bern", "Köln")), Column("ill", "binary"))
SPEC = Spec(
    (4,), "float32", "real", (10.0, 1.0, 1.0, 1.0), (40.0, 0.0, 0.0, 0.0), names=entries(COLUMNS), columns=COLUMNS
)


def table(path):
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.reader(file))


def test_rows_are_read_by_the_names_of_the_runs_columns(tmp_path):
    (tmp_path / "a.csv").write_text("ill,name,town,age\n1,Ada,Köln,50\n0,Bo,Bern,30\n")
    given = read(tmp_path / "a.csv", SPEC)
    np.testing.assert_array_equal(given.x, [[50, 0, 1, 1], [30, 1, 0, 0]])
    seen, back = as_seen(given.x, SPEC, tmp_path)
    np.testing.assert_array_equal(seen(given.x), [[1, 0, 1, 1], [-1, 1, 0, 0]])
    np.testing.assert_array_equal(back(seen(given.x)), given.x)


def test_a_word_that_no_training_row_had_is_missing_or_an_error(tmp_path):
    (tmp_path / "a.csv").write_text("age,town,ill\n50,Oslo,1\n")
    with pytest.raises(DataError, match=r"a\.csv, line 2, column 'town': no training row has the word 'Oslo'"):
        read(tmp_path / "a.csv", SPEC)
    given = read(tmp_path / "a.csv", SPEC._replace(missing=True), DataOptions(missing="mask"))
    np.testing.assert_array_equal(given.x, [[50, np.nan, np.nan, 1]])
    assert "1 cells of words that no training row has" in given.notes[0]
    (tmp_path / "b.csv").write_text("age,town,ill\n50,Bern,2\n")
    with pytest.raises(DataError, match=r"b\.csv, line 2, column 'ill': 2 in a column that held 0 and 1"):
        read(tmp_path / "b.csv", SPEC)


def test_a_table_out_has_the_runs_columns_units_and_words(tmp_path):
    events = np.array([[41.5, 0.2, 0.8, 0.7], [30, 0.9, 0.1, 0.2]], np.float32)
    save(tmp_path / "out.csv", iter([{"events": events}]), SPEC)
    assert table(tmp_path / "out.csv") == [["age", "town", "ill"], ["41.5", "Köln", "1"], ["30", "Bern", "0"]]
    save(tmp_path / "line.csv", iter([{"events": events[None]}]), SPEC)
    named = [f"{name} step {step}" for step in (0, 1) for name in ("age", "town", "ill")]
    assert table(tmp_path / "line.csv") == [named, ["41.5", "Köln", "1", "30", "Bern", "0"]]
    save(tmp_path / "out.npz", iter([{"events": events}]), SPEC)
    np.testing.assert_array_equal(np.load(tmp_path / "out.npz")["events"], events)  # with the probabilities


@pytest.mark.long
def test_a_run_learns_words_and_gives_them_back(tmp_path):
    """Two columns of words and one number say the same: a code of one number carries all of them."""
    from aelab import cli
    from aelab.runner import launch
    from experiments import autoencoder

    rows = [f"{10 * (i % 2) + i % 3},{'xy'[i % 2]},{['no', 'yes'][i % 2]},{i % 2}" for i in range(200)]
    own = tmp_path / "own.csv"
    own.write_text("n,w,v,b\n" + "\n".join(rows) + "\n")
    config = autoencoder.Config(
        data=f"csv:{own}",
        categorical=("auto",),
        widths=(16,),
        latent_dim=1,
        epochs=60,
        lr=1e-2,
        batch_size=40,
        runs_dir=tmp_path,
        figures="none",
    )
    run = launch.train("experiments.autoencoder", config, autoencoder.build).path
    target = tmp_path / "out.csv"
    assert cli.main(["apply", str(run), "--task", "reconstruct", "--input", str(own), "--output", str(target)]) == 0
    (header, *found), (wanted, *given) = table(target), table(own)
    assert header == wanted
    assert [row[1:] for row in found] == [row[1:] for row in given]
    error = np.float64([row[0] for row in found]) - np.float64([row[0] for row in given])
    assert np.abs(error).max() < 3  # of columns 10 apart
