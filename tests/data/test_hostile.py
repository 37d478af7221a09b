"""Broken and hostile files of every kind: refused in one line that names the file, with little memory, no code run."""

import gzip
import io
import json
import os
import pickle
import struct
import subprocess
import sys
import tracemalloc
import warnings
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from aelab import data
from aelab.data import files
from aelab.errors import ConfigError, DataError

RNG = np.random.default_rng(0)
SMALL = 1 << 20  # bytes; a limit that a test may well reach


@pytest.fixture
def low_limit(monkeypatch):
    monkeypatch.setattr(files, "LIMIT", SMALL)
    monkeypatch.setattr(files, "TEXT", SMALL)
    monkeypatch.setattr(files, "LINE", SMALL // 4)
    monkeypatch.setattr(files, "CHUNK", SMALL // 4)


def npy(array, allow_pickle=False) -> bytes:
    np.save(file := io.BytesIO(), array, allow_pickle=allow_pickle)
    return file.getvalue()


def npz(**arrays) -> bytes:
    np.savez_compressed(file := io.BytesIO(), **arrays)
    return file.getvalue()


def idx(*shape, dtype=8) -> bytes:
    return struct.pack(f">HBB{len(shape)}I", 0, dtype, len(shape), *shape)


def image(kind="PNG", mode="RGB", size=(12, 10), **options) -> bytes:
    pixels = RNG.integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
    Image.fromarray(pixels).convert(mode).save(file := io.BytesIO(), kind, **options)
    return file.getvalue()


def png_header(width, height) -> bytes:
    """A PNG file whose header says a size, and little behind it."""

    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(99))) + chunk(b"IEND", b"")


def zipped(**members) -> bytes:
    with zipfile.ZipFile(file := io.BytesIO(), "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file.getvalue()


def huge_header() -> bytes:
    """A `.npy` file that claims 8 TiB and has 100 bytes."""
    head = io.BytesIO()
    np.lib.format.write_array_header_1_0(head, {"descr": "|u1", "fortran_order": False, "shape": (1 << 43,)})
    return head.getvalue() + bytes(100)


class Bomb:
    def __reduce__(self):
        return os.system, ("touch ran",)


IMAGES = {f"{i}.png": image() for i in range(4)}
LABELS = gzip.compress(idx(5) + bytes(5))
IDX = {"train-images-idx3-ubyte.gz": gzip.compress(idx(5, 3, 3) + bytes(45)), "train-labels-idx1-ubyte.gz": LABELS}
# What a case is called: the kind, the files it puts down, the one that `--data` names, words of the answer.
CASES = {
    "npy, truncated": ("npy", {"a.npy": npy(np.zeros((9, 99)))[:-50]}, "a.npy", "fewer"),
    "npy, too long": ("npy", {"a.npy": npy(np.zeros((9, 99))) + b"x"}, "a.npy", "more"),
    "npy, a pickle": ("npy", {"a.npy": npy(np.array([Bomb()] * 9, object), True)}, "a.npy", "pickle"),
    "npy, nothing but a pickle": ("npy", {"a.npy": pickle.dumps(Bomb())}, "a.npy", "no .npy file"),
    "npy, a huge header": ("npy", {"a.npy": huge_header()}, "a.npy", "asks for"),
    "npz, truncated": ("npz", {"a.npz": npz(x=RNG.random((9, 99)))[:-300]}, "a.npz", "not a zip"),
    "npz, a pickle": ("npz", {"a.npz": zipped(**{"x.npy": npy(np.array([Bomb()] * 9), True)})}, "a.npz", "pickle"),
    "npz, a huge header": ("npz", {"a.npz": zipped(**{"x.npy": huge_header()})}, "a.npz", "asks for"),
    "npz, a bomb": ("npz", {"a.npz": zipped(**{"x.npy": npy(np.zeros((9, SMALL // 8)))})}, "a.npz", "unpacks to"),
    "npz, an escape": ("npz", {"a.npz": zipped(**{"../../x.npy": npy(np.zeros((9, 9)))})}, "a.npz", "leads out"),
    "npz, an absolute name": ("npz", {"a.npz": zipped(**{"/x.npy": npy(np.zeros((9, 9)))})}, "a.npz", "leads out"),
    "npz, a drive": ("npz", {"a.npz": zipped(**{"C:\\x.npy": npy(np.zeros((9, 9)))})}, "a.npz", "leads out"),
    "npz, gzip": ("npz", {"a.npz": gzip.compress(bytes(9))}, "a.npz", "not a zip"),
    "npz, labels of two numbers": ("npz", {"a.npz": npz(x=np.zeros((9, 2)), y=np.ones((9, 2)))}, "a.npz", "argmax"),
    "csv, ragged": ("csv", {"a.csv": b"1,2\n3,4,5\n"}, "a.csv", "line 2"),
    "csv, NaN": ("csv", {"a.csv": b"1,2\n3,nan\n"}, "a.csv", "line 2, column 1"),
    "csv, a bomb": ("csv", {"a.csv": gzip.compress(b"1,2\n" * SMALL)}, "a.csv", "more than"),
    "csv, one endless line": ("csv", {"a.csv": gzip.compress(b"1," * SMALL)}, "a.csv", "more than"),
    "csv, zero bytes": ("csv", {"a.csv": bytes(100)}, "a.csv", ""),
    "csv, not text": ("csv", {"a.csv": bytes(range(256))}, "a.csv", ""),
    "csv, truncated gzip": ("csv", {"a.csv.gz": gzip.compress(b"1,2\n3,4\n")[:-9]}, "a.csv.gz", ""),
    "ts, not text": ("ts", {"a.ts": b"@data\n" + bytes(range(256))}, "a.ts", ""),
    "ts, ragged": ("ts", {"a.ts": b"@data\n1,2:3:a\n"}, "a.ts", "different lengths"),
    "ts, NaN": ("ts", {"a.ts": b"@data\n?,1:a\n"}, "a.ts", "missing"),
    "ts, a bomb": ("ts", {"a.ts.gz": gzip.compress(b"@data\n" + b"1,2:a\n" * SMALL)}, "a.ts.gz", "more than"),
    "ts, truncated gzip": ("ts", {"a.ts.gz": gzip.compress(b"@data\n1,2:a\n")[:-9]}, "a.ts.gz", ""),
    "idx, truncated": (
        "idx",
        {**IDX, "train-images-idx3-ubyte.gz": IDX["train-images-idx3-ubyte.gz"][:-9]},
        "",
        "images",
    ),
    "idx, a huge header": ("idx", {"train-images-idx3-ubyte": idx(1 << 31, 1 << 31, 9)}, "", "asks for"),
    "idx, labels that do not match": (
        "idx",
        {**IDX, "train-labels-idx1-ubyte.gz": gzip.compress(idx(4) + bytes(4))},
        "",
        "labels",
    ),
    "idx, an empty folder": ("idx", {}, "", "no file of training events"),
    "images, truncated": ("images", {**IMAGES, "2.png": image()[:150]}, "", "2.png"),
    "images, truncated JPEG": ("images", {**IMAGES, "2.jpg": image("JPEG", quality=99)[:-90]}, "", "2.jpg"),
    "images, a huge header": ("images", {**IMAGES, "2.png": png_header(100_000, 100_000)}, "", "2.png"),
    "images, a header above the limit": ("images", {**IMAGES, "2.png": png_header(10_000, 10_000)}, "", "2.png"),
    "images, text": ("images", {**IMAGES, "2.png": b"no picture"}, "", "2.png"),
    "images, a program": (
        "images",
        {**IMAGES, "2.png": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n"},
        "",
        "2.png",
    ),
    "images, empty": ("images", {**IMAGES, "2.png": b""}, "", "2.png"),
    "images, an empty folder": ("images", {}, "", "no pictures"),
    "images, mixed sizes": ("images", {**IMAGES, "9.png": image(size=(9, 9))}, "", "--image-size"),
}


def put(folder, contents) -> None:
    for name, content in contents.items():
        (folder / name).write_bytes(content)


@pytest.mark.parametrize(("kind", "contents", "name", "words"), CASES.values(), ids=CASES)
def test_a_hostile_file_is_refused_by_name(tmp_path, monkeypatch, low_limit, kind, contents, name, words):
    monkeypatch.chdir(tmp_path)
    put(tmp_path, contents)
    tracemalloc.start()
    with pytest.raises(DataError) as error:
        data.load(f"{kind}:{tmp_path / name}")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    message = str(error.value)
    assert error.value.code == 3
    assert str(tmp_path / name) in message
    assert words in message
    assert message.isprintable()
    assert peak < 6 * SMALL
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("kind", ["npy", "npz", "csv", "ts", "idx", "images"])
@pytest.mark.parametrize("name", ["nowhere", "", "loop", "pipe", "\udcff", "a\0b", "a\nb", "x" * 5000])
def test_what_is_no_file_is_named(tmp_path, kind, name):
    (tmp_path / "loop").symlink_to("loop")
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(DataError) as error:
        data.load(f"{kind}:{tmp_path / name}" if name else f"{kind}:")
    assert str(error.value).isprintable()


def test_the_command_line_says_it_in_one_line_with_exit_code_3(tmp_path):
    put(tmp_path, {"a.npy": npy(np.array([Bomb()] * 9, object), True)})
    command = [sys.executable, "-m", "experiments.vae", "--data", f"npy:{tmp_path / 'a.npy'}"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 3
    assert done.stderr.startswith(f"error: {tmp_path / 'a.npy'}: cannot be read: it holds Python objects")
    assert done.stderr.count("\n") == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.npy"]  # nothing ran, nothing was written


TABLE = "a,b,class\n" + "".join(f"{i},{i * 0.5},x{i % 2}\n" for i in range(9))
SERIES = "#comment\n@classLabel true a b\n@data\n" + "".join(f"1,{i},3:4,5,{i}:a\n" for i in range(5))
# Good files, one of which is mutated: the kind, the files, the one that is named, the one that is mutated.
GOOD = {
    "npy": ("npy", {"a.npy": npy(np.arange(60.0).reshape(20, 3))}, "a.npy", "a.npy"),
    "npz": ("npz", {"a.npz": npz(x=np.arange(60).reshape(20, 3), y=np.arange(20) % 3)}, "a.npz", "a.npz"),
    "csv": ("csv", {"a.csv": TABLE.encode()}, "a.csv", "a.csv"),
    "csv.gz": ("csv", {"a.csv.gz": gzip.compress(TABLE.encode())}, "a.csv.gz", "a.csv.gz"),
    "ts": ("ts", {"a.ts": SERIES.encode()}, "a.ts", "a.ts"),
    "txt": ("ts", {"a.txt": b"1 2.5 3\n2 1 1\n1 0 9\n" * 3}, "a.txt", "a.txt"),
    "idx": ("idx", IDX, "", "train-images-idx3-ubyte.gz"),
    "plain idx": ("idx", {"train-images-idx3-ubyte": idx(5, 3, 3) + bytes(45)}, "", "train-images-idx3-ubyte"),
    "labels": ("idx", IDX, "", "train-labels-idx1-ubyte.gz"),
    **{
        f"{kind} {mode}": ("images", {**IMAGES, f"1.{kind.lower()}": image(kind, mode)}, "", f"1.{kind.lower()}")
        for kind, mode in [
            ("PNG", "RGB"),
            ("PNG", "P"),
            ("PNG", "LA"),
            ("PNG", "1"),
            ("JPEG", "RGB"),
            ("JPEG", "CMYK"),
            ("WEBP", "RGBA"),
            ("TIFF", "RGB"),
            ("TIFF", "L"),
        ]
    },
}


@st.composite
def mutated(draw, content: bytes) -> bytes:
    """Some bytes changed, left out, repeated or put in; or the file cut short."""
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, max(0, len(content) - 1)))
        end = min(len(content), start + draw(st.integers(0, 20)))
        how = draw(st.sampled_from(["flip", "replace", "cut", "repeat", "end"]))
        if how == "flip" and content:
            changed = bytes([content[start] ^ (1 << draw(st.integers(0, 7)))])
            content = content[:start] + changed + content[start + 1 :]
        elif how == "replace":
            content = content[:start] + draw(st.binary(max_size=12)) + content[end:]
        elif how == "cut":
            content = content[:start] + content[end:]
        elif how == "repeat":
            content = content[:end] + content[start:end] * draw(st.integers(1, 40)) + content[end:]
        else:
            content = content[:start]
    return content


@pytest.mark.parametrize("good", GOOD.values(), ids=GOOD)
def test_every_kind_is_read_before_it_is_damaged(tmp_path, good):
    kind, contents, name, _ = good
    put(tmp_path, contents)
    assert len(data.load(f"{kind}:{tmp_path / name}", **({"image_size": 8} if kind == "images" else {})).train) > 1


@pytest.mark.parametrize("good", GOOD.values(), ids=GOOD)  # 18 kinds, 12 cases each
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True)
@given(random=st.data())
def test_no_damage_ends_in_a_traceback(tmp_path, low_limit_of_all, good, random):
    kind, contents, name, victim = good
    put(tmp_path, {**contents, victim: random.draw(mutated(contents[victim]))})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow's, of metadata it could not read
        try:
            splits = data.load(f"{kind}:{tmp_path / name}", **({"image_size": 8} if kind == "images" else {}))
            for part in splits[2:5]:
                if part is not None:
                    batch = part.get_batch(np.arange(len(part)))
                    assert np.isfinite(batch["x"].astype(np.float64)).all()
            json.dumps(splits.spec._asdict())
        except (DataError, ConfigError) as error:
            assert str(tmp_path) in str(error)  # noqa: PT017 - one of two good ends
            assert str(error).isprintable()  # noqa: PT017


@pytest.fixture
def low_limit_of_all(low_limit):
    """The same for every example of a property: hypothesis wants no fixture that is made anew."""


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True)
@given(random=st.data())
def test_no_damage_to_what_tfds_prepared_ends_in_a_traceback(prepare_pets, random):
    folder, good = prepare_pets
    put(folder, good)
    victim = random.draw(st.sampled_from(sorted(good)))
    put(folder, {victim: random.draw(mutated(good[victim]))})
    try:
        assert len(data.load("tfds:pets", validation=0).train) == 20
    except (DataError, ConfigError) as error:
        assert str(folder) in str(error)  # noqa: PT017 - one of two good ends
        assert str(error).isprintable()  # noqa: PT017


@pytest.fixture
def prepare_pets(prepare):
    """A folder as TFDS writes it and what is in its files."""
    features = pytest.importorskip("tensorflow_datasets").features
    kinds = {"image": features.Image(shape=(10, 12, 3)), "label": features.ClassLabel(num_classes=2)}
    records = [{"image": io.BytesIO(image()), "label": i % 2} for i in range(20)]
    folder = Path(prepare("pets", kinds, {"train": records, "test": records}).data_dir)
    return folder, {path.name: path.read_bytes() for path in folder.iterdir()}


def test_truncated_records_are_named(prepare_pets):
    folder, good = prepare_pets
    for name, content in good.items():
        if "array_record" in name:
            put(folder, {name: content[: len(content) // 2]})
            with pytest.raises(DataError, match=f"{folder}: cannot be read"):
                data.load("tfds:pets")
            put(folder, good)
