"""`aelab apply`: the same numbers as in Python, from a file to a file."""

import numpy as np
import pytest
from PIL import Image

import aelab
from aelab import cli, data
from aelab.config import tiny
from aelab.runner import launch
from experiments import autoencoder


@pytest.fixture(scope="module")
def events():
    return data.load("digits").test.get_batch(np.arange(7))["x"]


def run(path, task, source, target, *more) -> int:
    where = [] if source is None else ["--input", str(source)]
    return cli.main(["apply", str(path), "--task", task, *where, "--output", str(target), *more])


def saved(tmp_path, x, name="in.npy"):
    np.save(tmp_path / name, x)
    return tmp_path / name


def test_codes_are_those_of_the_model(finished, tmp_path, events):
    model, params, _ = aelab.load(finished)
    want = model.encode(params, events / np.float32(16)).mode
    assert run(finished, "encode", saved(tmp_path, events), tmp_path / "z.npy") == 0
    np.testing.assert_allclose(np.load(tmp_path / "z.npy"), want, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("form", ["npz", "csv", "shares"])
def test_every_form_of_the_same_events_gives_the_same_codes(form, finished, tmp_path, events):
    assert run(finished, "encode", saved(tmp_path, events), tmp_path / "want.npy") == 0
    if form == "npz":
        source = tmp_path / "in.npz"
        np.savez(source, x=events[..., 0], y=np.arange(7))
    elif form == "csv":
        source = tmp_path / "in.csv"
        np.savetxt(source, events.reshape(7, -1), delimiter=",")
    else:
        source = saved(tmp_path, events / 16.0, "shares.npy")
    assert run(finished, "encode", source, tmp_path / "z.csv") == 0
    header, *rows = [line.split(",") for line in (tmp_path / "z.csv").read_text().splitlines()]
    known = ["label"] if form == "npz" else []
    assert header == [*known, "codes0", "codes1", "codes2", "sigma_codes0", "sigma_codes1", "sigma_codes2"]
    found = np.array(rows, float)[:, len(known) : len(known) + 3]
    np.testing.assert_allclose(found, np.load(tmp_path / "want.npy"), rtol=1e-4, atol=1e-5)


def test_events_leave_in_the_units_in_which_they_came(finished, tmp_path, events):
    assert run(finished, "reconstruct", saved(tmp_path, events), tmp_path / "whole.npy") == 0
    assert run(finished, "reconstruct", saved(tmp_path, events / 16.0), tmp_path / "share.npy") == 0
    whole, share = np.load(tmp_path / "whole.npy"), np.load(tmp_path / "share.npy")
    assert whole.dtype == np.uint8
    np.testing.assert_allclose(whole, 16 * share, atol=0.51)


def test_scores_are_per_event(finished, tmp_path, events):
    assert run(finished, "score", saved(tmp_path, events), tmp_path / "s.npz") == 0
    model, params, _ = aelab.load(finished)
    x = events / np.float32(16)
    with np.load(tmp_path / "s.npz") as found:
        assert set(found) == {"squared_error", "distortion", "rate"}
        want = np.square(x - model.reconstruct(params, x)).sum((1, 2, 3))
        np.testing.assert_allclose(found["squared_error"], want, rtol=1e-4)


def test_lines_start_and_end_at_reconstructions_and_traversals_move_one_number(finished, tmp_path, events):
    source = saved(tmp_path, events / 16.0)
    for task in ("reconstruct", "interpolate", "traverse"):
        assert run(finished, task, source, tmp_path / f"{task}.npy") == 0
    ends, lines, moved = (np.load(tmp_path / f"{task}.npy") for task in ("reconstruct", "interpolate", "traverse"))
    assert lines.shape == (3, 9, 8, 8, 1)
    np.testing.assert_allclose(lines[:, 0], ends[0:6:2], atol=1e-5)
    np.testing.assert_allclose(lines[:, -1], ends[1:6:2], atol=1e-5)
    assert moved.shape == (7 * 3, 9, 8, 8, 1)


def test_an_arc_has_the_ends_of_a_line_and_another_middle(finished, tmp_path, events, capfd):
    source = saved(tmp_path, events / 16.0)
    assert run(finished, "interpolate", source, tmp_path / "line.npy") == 0
    assert run(finished, "interpolate", source, tmp_path / "arc.npy", "--spherical") == 0
    line, arc = np.load(tmp_path / "line.npy"), np.load(tmp_path / "arc.npy")
    np.testing.assert_allclose(arc[:, [0, -1]], line[:, [0, -1]], atol=1e-5)
    model, params, _ = aelab.load(finished)
    z = np.asarray(model.encode(params, np.float32(events / 16)).mode)
    middle = z[:6:2] + z[1:6:2]  # of two codes of one length, the arc's middle points where their sum does
    angle = np.arccos((z[:6:2] * z[1:6:2]).sum(1) / np.linalg.norm(z[:6:2], axis=1) / np.linalg.norm(z[1:6:2], axis=1))
    middle = middle / (2 * np.cos(angle / 2))[:, None]
    np.testing.assert_allclose(arc[:, 4], model.decode(params, middle).mean, atol=1e-4)
    assert run(finished, "encode", source, tmp_path / "z.npy", "--spherical") == 2
    assert "--spherical" in capfd.readouterr().err


def test_pictures_come_from_a_folder_and_go_to_one(finished, tmp_path, events):
    assert run(finished, "sample", None, tmp_path / "drawn", "--count", "5") == 0
    files = sorted((tmp_path / "drawn").glob("*.png"))
    assert len(files) == 5
    assert np.asarray(Image.open(files[0])).shape == (8, 8)
    assert run(finished, "sample", None, tmp_path / "drawn") == 2  # it is there


@pytest.mark.parametrize(
    ("x", "code", "word"),
    [
        (np.zeros((4, 9, 9)), 3, "(8, 8, 1)"),
        (np.full((4, 8, 8), 17), 3, "0 to 16"),
        (np.full((4, 8, 8), np.nan), 3, "finite"),
        (np.zeros((0, 8, 8)), 3, "shape"),
        (np.full((4, 8, 8), "a"), 3, "<U1"),
    ],
)
def test_events_that_do_not_fit_are_refused_in_one_line(x, code, word, finished, tmp_path, capfd):
    assert run(finished, "encode", saved(tmp_path, x), tmp_path / "z.npy") == code
    error = capfd.readouterr().err.strip()
    assert word in error
    assert "\n" not in error
    assert not (tmp_path / "z.npy").exists()


def test_a_task_without_events_and_an_output_of_no_known_kind(finished, tmp_path, events, capfd):
    assert run(finished, "encode", None, tmp_path / "z.npy") == 2
    assert "--input" in capfd.readouterr().err
    assert run(finished, "encode", saved(tmp_path, events), tmp_path / "z.xyz") == 2
    assert run(finished, "encode", saved(tmp_path, events), tmp_path / "folder") == 2
    assert not (tmp_path / "folder").exists()


@pytest.fixture(scope="module")
def filler(tmp_path_factory):
    """A finished autoencoder that has seen digits with holes, -1 in them, and where the holes were."""
    hole = {
        "corruption": "occlusion",
        "noise": 0.5,
        "fill": -1.0,
        "rebuild": "hidden",
        "see_hidden": True,
        "smoke": True,
    }
    config = tiny(autoencoder.Config(**hole, runs_dir=tmp_path_factory.mktemp("runs")))
    return launch.train(autoencoder.__name__, config, autoencoder.build).path


def test_holes_are_filled_and_what_is_seen_stays(filler, tmp_path, events):
    hidden = np.zeros((8, 8), bool)
    hidden[2:5, 3:6] = True
    shares = np.float32(events / 16)
    shares[:, hidden] = np.nan
    assert run(filler, "inpaint", saved(tmp_path, shares), tmp_path / "nan.npy") == 0
    found = np.load(tmp_path / "nan.npy")
    model, params, _ = aelab.load(filler)
    x = np.where(hidden[..., None], np.float32(-1), np.float32(events / 16))
    holes = np.broadcast_to(hidden[..., None], x.shape)
    rebuilt = model.decode(params, model.encode(params, x, hidden=holes).mode).mean
    np.testing.assert_allclose(found[:, hidden], rebuilt[:, hidden], atol=1e-5)
    np.testing.assert_array_equal(found[:, ~hidden], shares[:, ~hidden])
    mask = saved(tmp_path, hidden[None].astype(np.uint8), "mask.npy")
    assert run(filler, "inpaint", saved(tmp_path, events), tmp_path / "m.npy", "--hidden", str(mask)) == 0
    whole = np.load(tmp_path / "m.npy")
    np.testing.assert_array_equal(whole[:, ~hidden], events[:, ~hidden])
    np.testing.assert_allclose(whole, 16 * found, atol=0.51)


def test_denoising_is_for_runs_that_have_learnt_it(filler, finished, tmp_path, events, capfd):
    source = saved(tmp_path, events)
    assert run(filler, "denoise", source, tmp_path / "d.npy") == 0
    assert run(filler, "reconstruct", source, tmp_path / "r.npy") == 0
    np.testing.assert_array_equal(np.load(tmp_path / "d.npy"), np.load(tmp_path / "r.npy"))
    assert run(finished, "denoise", source, tmp_path / "no.npy") == 2
    assert "--corruption" in capfd.readouterr().err


def test_a_hole_that_is_not_there_and_masks_that_do_not_fit(filler, finished, tmp_path, events, capfd):
    source = saved(tmp_path, events)
    assert run(filler, "inpaint", source, tmp_path / "z.npy") == 3
    assert "NaN" in capfd.readouterr().err
    mask = saved(tmp_path, np.ones((3, 8, 8), np.uint8), "mask.npy")
    assert run(filler, "inpaint", source, tmp_path / "z.npy", "--hidden", str(mask)) == 3
    assert "3 events" in capfd.readouterr().err
    assert run(filler, "encode", source, tmp_path / "z.npy", "--hidden", str(mask)) == 2
    assert run(finished, "inpaint", source, tmp_path / "z.npy", "--hidden", str(mask)) == 2


def test_many_batches_are_joined_in_order(finished, tmp_path, events):
    many = np.concatenate([events] * 150)  # 1,050: two batches and a bit
    assert run(finished, "score", saved(tmp_path, many), tmp_path / "s.npz") == 0
    with np.load(tmp_path / "s.npz") as found:
        assert len(found["rate"]) == 1050
        np.testing.assert_allclose(found["rate"][:7], found["rate"][-7:], rtol=1e-4)
    assert [file.name for file in tmp_path.iterdir() if file.name.startswith((".", "tmp"))] == []


def test_samples_may_come_from_a_density_fitted_to_training_codes(finished, tmp_path):
    from aelab.evaluation import densities

    assert (
        run(finished, "sample", None, tmp_path / "made.npy", "--density", "normal", "--count", "5", "--seed", "3") == 0
    )
    model, params, config = aelab.load(finished)
    codes = densities.training_codes(model, params, data.load(config).train, 3)
    z = densities.draw("Gaussian", codes, 5, 10, 3)
    want = densities.decode(model, params, z, (8, 8, 1))
    np.testing.assert_allclose(np.load(tmp_path / "made.npy"), np.rint(16 * want), atol=1)
    assert (np.load(tmp_path / "made.npy") != np.load(tmp_path / "made.npy")[:1]).any()


def test_a_density_is_for_samples_alone(finished, tmp_path, events, capsys):
    assert run(finished, "encode", saved(tmp_path, events), tmp_path / "z.npy", "--density", "flow") == 2
    assert capsys.readouterr().err == "error: --density: encode draws no codes; only sample does\n"
