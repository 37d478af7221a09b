"""Files that cannot be read as they are, one for each error line of the data rooms."""

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
from PIL import Image

from aelab.data.source import Spec

RNG = np.random.default_rng(0)


class Case(NamedTuple):
    """Files that `make` writes into an empty folder, and how they are read."""

    what: str  # is wrong, a few words for the table
    data: str  # with the folder as {}
    make: Callable[[Path], Any]
    options: Mapping[str, Any] = MappingProxyType({})
    spec: Spec | None = None  # of a run that the files are given to by aelab apply


def text(name: str, content: str, encoding: str = "utf-8") -> Callable[[Path], Any]:
    return lambda folder: (folder / name).write_bytes(content.encode(encoding))


def npz(**arrays: Any) -> Callable[[Path], Any]:
    return lambda folder: np.savez(folder / "a.npz", **arrays)


def npy(array: np.ndarray) -> Callable[[Path], Any]:
    return lambda folder: np.save(folder / "a.npy", array)


def pictures(**shapes: tuple[int, ...]) -> Callable[[Path], Any]:
    def make(folder: Path) -> None:
        for name, shape in shapes.items():
            file = folder / name.replace("__", "/").replace("_png", ".png")
            file.parent.mkdir(exist_ok=True)
            Image.fromarray(np.zeros(shape, np.uint8)).save(file)

    return make


def torn(folder: Path) -> None:
    pictures(a_png=(8, 8), b_png=(8, 8), c_png=(64, 64))(folder)
    for name in ("a.png", "b.png", "c.png"):
        content = bytearray((folder / name).read_bytes())
        content[-30:-20] = bytes(10)
        (folder / name).write_bytes(content)


def with_value(value: float, *shape: int) -> np.ndarray:
    x = RNG.normal(size=shape)
    x[(3,) + (0,) * (len(shape) - 1)] = value
    return x


def hollow() -> np.ndarray:
    return np.where(np.arange(9)[:, None] == 2, np.nan, np.ones((9, 3)))


def wild() -> dict[str, np.ndarray]:
    x = {"x_train": RNG.normal(size=(20, 3)), "x_test": RNG.normal(size=(5, 3))}
    x["x_test"][4, 2] = 1e30
    return x


ROW = Spec((2,), "float32", "real", names=("a", "b"))
PICTURE = Spec((8, 8, 1), "uint8", "unit", scale=255.0, levels=256)
SERIES_SPEC = Spec((2, 1), "float32", "real")
TABLE = "a,b\n" + "".join(f"{i},{i * i}\n" for i in range(9))
NAMED = "a,who\n" + "".join(f"{i},name {i}\n" for i in range(60))
WORDS = "a,b\n" + "".join(f"{i},{'z' if i == 0 else 'xy'[i % 2]}\n" for i in range(12))
SERIES = "@classLabel true x y\n@data\n"

CASES = [
    Case("no set of that name", "minst", lambda folder: None),
    Case("nothing behind the colon", "csv:", lambda folder: None),
    Case("no such file", "csv:{}/a.csv", lambda folder: None),
    Case("a file where a folder is wanted", "images:{}/a.csv", text("a.csv", TABLE)),
    Case("an option that the set does not go by", "csv:{}/a.csv", text("a.csv", TABLE), {"image_size": 8}),
    Case("an empty table", "csv:{}/a.csv", text("a.csv", "")),
    Case("a header alone", "csv:{}/a.csv", text("a.csv", "a,b\n")),
    Case("rows of unlike length", "csv:{}/a.csv", text("a.csv", "a,b\n1,2\n3,4,5\n")),
    Case("a date", "csv:{}/a.csv", text("a.csv", "day,p\n2020-01-01,2\n2020-01-02,3\n2020-01-03,4\n")),
    Case("a word among numbers", "csv:{}/a.csv", text("a.csv", "a,b\n1,2\n3,4\n5,much\n")),
    Case("a missing cell", "csv:{}/a.csv", text("a.csv", "a,b\n1,2\n3,\n5,6\n")),
    Case("an infinite cell", "csv:{}/a.csv", text("a.csv", "a,b\n1,2\n3,inf\n5,6\n")),
    Case("words that are no categories", "csv:{}/a.csv", text("a.csv", NAMED), {"categorical": ("auto",)}),
    Case("a word that no training row has", "csv:{}/a.csv", text("a.csv", WORDS), {"categorical": ("auto",)}),
    Case("a missing word", "csv:{}/a.csv", text("a.csv", "a,b\n1,x\n3,\n5,y\n"), {"categorical": ("b",)}),
    Case("a category that is not there", "csv:{}/a.csv", text("a.csv", TABLE), {"categorical": ("c",)}),
    Case("an event without a class", "csv:{}/a.csv", text("a.csv", "a,label\n1,x\n3,\n5,y\n")),
    Case("a label column that is not there", "csv:{}/a.csv", text("a.csv", TABLE), {"label_column": "kind"}),
    Case("a column that is not there", "csv:{}/a.csv", text("a.csv", TABLE), {"columns": ("c",)}),
    Case("a column to leave out that is not there", "csv:{}/a.csv", text("a.csv", TABLE), {"drop_columns": ("c",)}),
    Case("no column left", "csv:{}/a.csv", text("a.csv", TABLE), {"drop_columns": ("a", "b")}),
    Case("text in another encoding", "csv:{}/a.csv", text("a.csv", "a,b °\n1,2\n3,4\n", "latin-1")),
    Case(
        "a test table that lacks a column",
        "csv:{}/a_train.csv",
        lambda folder: (text("a_train.csv", TABLE)(folder), text("a_test.csv", "a,c\n1,2\n3,4\n")(folder)),
    ),
    Case("columns parted by a mark of its own", "csv:{}/a.csv", text("a.csv", "1:2\n3:4\n5:6\n")),
    Case("a workbook", "csv:{}/a.csv", text("a.csv", "PK\x03\x04")),
    Case("one column of decimals", "csv:{}/a.csv", text("a.csv", "1\n2\n")),
    Case("NaN in a table of numbers", "npy:{}/a.npy", npy(with_value(np.nan, 9, 3))),
    Case("NaN in images", "npy:{}/a.npy", npy(with_value(np.nan, 9, 5, 5))),
    Case("infinity in colours", "npy:{}/a.npy", npy(with_value(np.inf, 9, 5, 5, 3))),
    Case("an event of NaN alone", "npy:{}/a.npy", npy(hollow()), {"missing": "mask"}),
    Case("one value far from all others", "npz:{}/a.npz", npz(**wild())),
    Case("words", "npy:{}/a.npy", npy(np.array([["a", "b"]] * 9))),
    Case("complex numbers", "npy:{}/a.npy", npy(np.zeros((9, 2), complex))),
    Case("Python objects", "npz:{}/a.npz", npz(x=np.zeros((9, 2)), y=np.array(["a", None, 3] * 3, object))),
    Case("a single long array", "npy:{}/a.npy", npy(np.zeros(99))),
    Case("five axes", "npy:{}/a.npy", npy(np.zeros((9, 2, 2, 2, 2)))),
    Case("no events", "npy:{}/a.npy", npy(np.zeros((0, 3)))),
    Case("two events", "npy:{}/a.npy", npy(np.zeros((2, 3)))),
    Case("channels first", "npy:{}/a.npy", npy(np.zeros((9, 3, 16, 16), np.uint8))),
    Case(
        "channels of series first",
        "npy:{}/a.npy",
        npy(np.stack([RNG.normal(size=(9, 30)), 1e5 + RNG.normal(size=(9, 30))], 1)),
    ),
    Case("a kind that does not fit", "npy:{}/a.npy", npy(RNG.normal(size=(9, 4))), {"kind": "image"}),
    Case("a scale that is too small", "npy:{}/a.npy", npy(np.full((9, 4, 4), 17, np.uint8)), {"scale": 16.0}),
    Case("windows longer than the series", "npy:{}/a.npy", npy(RNG.normal(size=(50, 2))), {"window": 40}),
    Case("a stride without windows", "npy:{}/a.npy", npy(RNG.normal(size=(50, 2))), {"stride": 4}),
    Case("windows of another kind", "npy:{}/a.npy", npy(RNG.normal(size=(50, 2))), {"window": 4, "kind": "image"}),
    Case("windows of images", "npy:{}/a.npy", npy(np.zeros((9, 5, 5))), {"window": 4}),
    Case("no array called x", "npz:{}/a.npz", npz(a=np.zeros((9, 2)), b=np.zeros((9, 2)))),
    Case("too few labels", "npz:{}/a.npz", npz(x=np.zeros((9, 2)), y=np.zeros(8, int))),
    Case("rows of labels that are not one-hot", "npz:{}/a.npz", npz(x=np.zeros((9, 2)), y=np.ones((9, 3)))),
    Case("labels that are complex", "npz:{}/a.npz", npz(x=np.zeros((9, 2)), y=np.zeros(9, complex))),
    Case("a test split of another shape", "npz:{}/a.npz", npz(x_train=np.zeros((9, 2)), x_test=np.zeros((9, 3)))),
    Case("no archive", "npz:{}/a.npz", text("a.npz", "nothing")),
    Case("series without data", "ts:{}/a.ts", text("a.ts", "@classLabel true x y\n")),
    Case("series with time stamps", "ts:{}/a.ts", text("a.ts", "@timestamps true\n@data\n1:x\n")),
    Case("a word in a series", "ts:{}/a.ts", text("a.ts", SERIES + "1,2,3:x\n1,much,3:y\n1,2:x\n")),
    Case("a missing value in a series", "ts:{}/a.ts", text("a.ts", SERIES + "1,2,3:x\n1,?,3:y\n1,2:x\n")),
    Case("a series without its class", "ts:{}/a.ts", text("a.ts", SERIES + "1,2,3:x\n1,2,3\n")),
    Case("no .npy file", "npy:{}/a.npy", text("a.npy", "nothing")),
    Case("dates in an array", "npy:{}/a.npy", npy(np.array([["2020-01-01"]] * 9, "M8[D]"))),
    Case("a series of nothing", "ts:{}/a.ts", text("a.ts", SERIES + "1,2,3:x\n?,?,?:y\n1,2:x\n")),
    Case("channels of unlike length", "ts:{}/a.ts", text("a.ts", SERIES + "1,2:1,2,3:x\n")),
    Case("another number of channels", "ts:{}/a.ts", text("a.ts", SERIES + "1,2:1,2:x\n1,2:y\n1,3:1,2:x\n")),
    Case("a label column in a .ts file", "ts:{}/a.ts", text("a.ts", SERIES + "1,2:x\n"), {"label_column": "0"}),
    Case("windows of several series", "ts:{}/a.ts", text("a.ts", SERIES + "1,2:x\n3,4:y\n"), {"window": 2}),
    Case("no pictures", "images:{}", text("a.txt", "1")),
    Case("two pictures", "images:{}", pictures(a_png=(8, 8), b_png=(8, 8))),
    Case("pictures of several sizes", "images:{}", pictures(a_png=(8, 8), b_png=(8, 8), c_png=(9, 8))),
    Case("a picture beside folders of classes", "images:{}", pictures(a__a_png=(8, 8), b__b_png=(8, 8), c_png=(8, 8))),
    Case("a damaged picture", "images:{}", torn),
    Case("no IDX files", "idx:{}", text("a.txt", "1")),
    Case("no IDX file", "idx:{}", text("train-images-idx3-ubyte", "nothing")),
    Case("no shards", "shards:{}", text("a.txt", "1")),
    Case("apply: a file of no known kind", "{}/a.xyz", text("a.xyz", "1"), spec=ROW),
    Case("apply: a column that is not there", "{}/a.csv", text("a.csv", "a,c\n1,2\n3,4\n"), spec=ROW),
    Case("apply: events of another shape", "{}/a.npy", npy(np.zeros((9, 3))), spec=ROW),
    Case("apply: a missing value", "{}/a.npy", npy(np.full((9, 2), np.nan)), spec=ROW),
    Case("apply: pictures for a run on vectors", "{}/a.png", pictures(a_png=(8, 8)), spec=ROW),
    Case("apply: a picture of another size", "{}/a.png", pictures(a_png=(8, 9)), spec=PICTURE),
    Case("apply: values beyond the run's range", "{}/a.npy", npy(np.full((9, 8, 8), 300)), spec=PICTURE),
    Case("apply: a folder without pictures", "{}", text("a.txt", "1"), spec=PICTURE),
    Case("apply: series that are too long", "{}/a.txt", text("a.txt", "1 2 3 4\n1 2 3 4\n"), spec=SERIES_SPEC),
    Case("classes where there are none", "csv:{}/a.csv", text("a.csv", TABLE), {"classes": (0,)}),
    Case("bits of what is no share", "csv:{}/a.csv", text("a.csv", TABLE), {"binarize": True}),
]  # fmt: skip


def provoked(case: Case, folder: Path) -> tuple[int, str]:
    """The exit code and the line that a case ends in; the folder is called `…` in it.

    Raises:
        AssertionError: it can be read.
    """
    from aelab import data
    from aelab.apply.inputs import as_seen, read
    from aelab.errors import AelabError

    case.make(folder)
    name = case.data.format(folder)
    try:
        if case.spec:
            splits = as_seen(read(Path(name), case.spec).x, case.spec, name)
        else:
            splits = data.load(name, **case.options).spec
    except AelabError as error:
        return error.code, str(error).replace(str(folder), "…")
    raise AssertionError(f"{case.what}: read as {splits}")
