"""`aelab apply` on the files that its run was trained on, and on their like: names, order, depth, lengths."""

import numpy as np
import pytest
from PIL import Image

import aelab
from aelab import cli, data
from aelab.data.normalise import normalised
from aelab.runner import launch
from experiments import autoencoder, vae

NAMES = ["Time", "V1", "V2", "Amount"]
RNG = np.random.default_rng(0)


def run(path, task, source, target, *more) -> int:
    return cli.main(["apply", str(path), "--task", task, "--input", str(source), "--output", str(target), *more])


def train(folder, script, **settings):
    small = {"widths": (8,), "latent_dim": 2, "epochs": 2, "batch_size": 16, "runs_dir": folder / "runs"}
    config = script.Config(**{**small, **settings})
    return launch.train(script.__name__, config, script.build).path, config


def write(path, x, names, label=None):
    rows = [[f"{v:.4f}" for v in row] + ([] if label is None else [label[i]]) for i, row in enumerate(x)]
    path.write_text("\n".join(",".join(row) for row in [[*names, *([] if label is None else ["kind"])], *rows]) + "\n")
    return path


def table(path):
    header, *rows = [line.split(",") for line in path.read_text().splitlines()]
    return header, rows


@pytest.fixture(scope="module")
def tabled(tmp_path_factory):
    folder = tmp_path_factory.mktemp("table")
    x = np.c_[np.arange(60) * 3.0, RNG.normal(size=(60, 2)), abs(RNG.normal(size=60)) * 1e4]
    write(folder / "own.csv", x, NAMES, ["good" if i % 3 else "bad" for i in range(60)])
    path, config = train(folder, vae, data=f"csv:{folder / 'own.csv'}", label_column="kind")
    return path, config, x, folder / "own.csv"


@pytest.mark.ci
def test_columns_go_by_their_names_in_any_order_and_keep_them(tabled, tmp_path, capfd):
    path, _, x, own = tabled
    order = [3, 1, 2, 0]
    permuted = write(tmp_path / "permuted.csv", x[:, order], [NAMES[i] for i in order])
    more = write(tmp_path / "more.csv", np.c_[x, x[:, :1]], [*NAMES, "note"])
    bare = tmp_path / "bare.csv"
    bare.write_text("\n".join(own.read_text().replace(",good", "").replace(",bad", "").splitlines()[1:]))
    found = {}
    for source in (own, permuted, more, bare):
        assert run(path, "reconstruct", source, tmp_path / "out.csv") == 0
        header, rows = table(tmp_path / "out.csv")
        assert header == [*(["label"] if source == own else []), *NAMES]
        found[source.name] = np.array(rows)[:, -4:].astype(float)
    for rows in found.values():
        np.testing.assert_allclose(rows, found["own.csv"], rtol=1e-5, atol=1e-3)
    said = capfd.readouterr().err
    assert "not trained on are left out: note" in said
    assert "taken in the order of the run's" in said or "bare.csv" not in said
    short = write(tmp_path / "short.csv", x[:, :3], NAMES[:3])
    assert run(path, "score", short, tmp_path / "s.csv") == 3
    assert "no column 'Amount', which is trained on" in capfd.readouterr().err
    assert not (tmp_path / "s.csv").exists()


@pytest.mark.ci
def test_codes_leave_with_their_deviation_and_the_label(tabled, tmp_path):
    path, config, x, own = tabled
    assert run(path, "encode", own, tmp_path / "z.npz") == 0
    model, params, _ = aelab.load(path)
    q = model.encode(params, normalised({"x": x.round(4)}, data.load(config).spec))
    with np.load(tmp_path / "z.npz") as found:
        np.testing.assert_allclose(found["codes"], q.mean, rtol=1e-3, atol=1e-4)
        np.testing.assert_allclose(found["sigma"], np.exp(q.log_variance / 2), rtol=1e-3, atol=1e-4)
        assert found["label"][:4].tolist() == ["bad", "good", "good", "bad"]


@pytest.mark.ci
def test_a_split_of_the_runs_own_set_goes_by_its_name(tabled, tmp_path, capfd):
    path, config, _, own = tabled
    assert run(path, "score", "test", tmp_path / "s.npz") == 0
    with np.load(tmp_path / "s.npz") as found:
        squared = aelab.runs.folder.Run(path).read("summary.json")["scores"]["test/squared_error"]
        np.testing.assert_allclose(found["squared_error"].mean(), squared, rtol=1e-4)
        test = data.load(config).test
        assert found["label"].tolist() == [test.spec.classes[i] for i in test.label]
    before = own.read_text()
    own.write_text("\n".join(before.splitlines()[:-5]))
    try:
        assert run(path, "score", "test", tmp_path / "s2.npz") == 2
        assert "made from other data" in capfd.readouterr().err
    finally:
        own.write_text(before)


@pytest.fixture(scope="module")
def gappy(tmp_path_factory):
    """A run of a table with empty cells and no corruption, and the table."""
    folder = tmp_path_factory.mktemp("gaps")
    x = np.c_[RNG.normal(5, 2, 40), RNG.normal(-3, 1, 40), RNG.normal(300, 90, 40)].round(1)
    rows = [[f"{v:g}" if (i + j) % 7 else "" for j, v in enumerate(row)] for i, row in enumerate(x)]
    own = folder / "own.csv"
    own.write_text("\n".join(map(",".join, [["a", "b", "c"], *rows])) + "\n")
    path, config = train(folder, autoencoder, data=f"csv:{own}", missing="mask", figures="none")
    return path, config, own


@pytest.mark.ci
def test_a_run_that_learnt_from_a_table_with_gaps_fills_them(gappy, tmp_path):
    path, config, own = gappy
    assert run(path, "inpaint", own, tmp_path / "filled.csv") == 0
    (names, found), (wanted, given) = table(tmp_path / "filled.csv"), table(own)
    assert names == wanted
    gaps = np.array(given) == ""
    assert gaps.any()
    assert np.array(found)[~gaps].tolist() == np.array(given)[~gaps].tolist()  # to the letter
    spec = data.load(config).spec
    seen = (np.where(gaps, np.nan, np.where(gaps, "0", given).astype(float)) - spec.shift) / spec.scale
    model, params, _ = aelab.load(path)
    rebuilt = np.asarray(model.reconstruct(params, np.nan_to_num(np.float32(seen)))) * spec.scale + spec.shift
    np.testing.assert_allclose(np.array(found)[gaps].astype(float), rebuilt[gaps], rtol=1e-4)


@pytest.mark.ci
def test_a_run_of_whole_tables_names_both_ways_to_learn_to_fill(tabled, tmp_path, capfd):
    assert run(tabled[0], "inpaint", tabled[3], tmp_path / "filled.csv") == 2
    assert "--corruption, or --missing mask" in capfd.readouterr().err


@pytest.mark.ci
def test_pictures_keep_their_depth_their_names_and_their_units(tmp_path):
    y, x = np.mgrid[:8, :8]
    mine, own, out = tmp_path / "mine", tmp_path / "own", tmp_path / "out"
    (mine / "more").mkdir(parents=True)
    own.mkdir()
    for i in range(20):
        blob = Image.fromarray((np.exp(-((y - i % 8) ** 2 + (x - 4) ** 2) / 8) * 4095).astype(np.uint16))
        blob.save(own / f"cell_{i:02}.tif")
        blob.save(mine / f"cell_{i:02}.tif")
    blob.save(mine / "more" / "cell_00.png")
    deep = sorted(file.relative_to(mine).as_posix() for file in mine.rglob("cell*"))
    path, config = train(tmp_path, autoencoder, data=f"images:{own}")
    assert data.load(config).spec.scale == 4095
    assert run(path, "reconstruct", mine, out) == 0
    made = sorted(file.relative_to(out).as_posix() for file in out.rglob("*.png"))
    assert made == sorted(name.replace(".tif", ".png") for name in deep)
    assert run(path, "reconstruct", mine, tmp_path / "out.npz") == 0
    with np.load(tmp_path / "out.npz") as found:
        for name, event in zip(found["filename"], found["events"], strict=True):
            picture = np.asarray(Image.open(out / name.replace(".tif", ".png")))
            assert picture.dtype == np.uint16
            np.testing.assert_array_equal(picture, event[..., 0])
    assert run(path, "score", mine, tmp_path / "s.csv") == 0
    header, rows = table(tmp_path / "s.csv")
    assert header[0] == "filename"
    assert sorted(row[0] for row in rows) == deep


@pytest.mark.ci
def test_series_of_unequal_length_are_applied_with_their_lengths(tmp_path):
    steps = 4 + np.arange(24) % 5
    rows = [",".join(f"{v:.4f}" for v in RNG.normal(size=n)) + f":{i % 2}" for i, n in enumerate(steps)]
    file = tmp_path / "a.ts"
    file.write_text("@classLabel true 0 1\n@data\n" + "\n".join(rows) + "\n")
    path, _ = train(tmp_path, vae, data=f"ts:{file}", net="lstm", width=4)
    assert run(path, "score", "test", tmp_path / "s.npz") == 0
    with np.load(tmp_path / "s.npz") as found:
        scores = aelab.runs.folder.Run(path).read("summary.json")["scores"]
        np.testing.assert_allclose(found["squared_error"].mean(), scores["test/squared_error"], rtol=1e-4)
        np.testing.assert_allclose(found["rate"].mean(), scores["test/rate"], rtol=1e-4)
    assert run(path, "reconstruct", file, tmp_path / "r.npz") == 0
    with np.load(tmp_path / "r.npz") as found:
        np.testing.assert_array_equal((~np.isnan(found["events"][..., 0])).sum(1), steps)
        assert found["label"][:3].tolist() == ["0", "1", "0"]
