"""Files that may be broken or hostile: nothing unpacks without a limit, and what goes wrong is one line with a name."""

import contextlib
import gzip
import re
import zipfile
from collections.abc import Generator, Iterator
from pathlib import Path, PurePosixPath
from typing import IO, Any, cast

import numpy as np

from aelab.errors import AelabError, DataError

LIMIT = 4 << 30  # bytes of one array or one unpacked file
TEXT = (
    1 << 30
)  # bytes of one unpacked file of text, where a short line counts as if it had 64: so much it costs once read
LINE = 64 << 20  # bytes of one line of text
NO_TEXT = {  # first bytes of what is called a table and is none
    b"PK\x03\x04": "an archive, as .xlsx and .npz are",
    b"\xd0\xcf\x11": "an old .xls",
    b"PAR1": "Parquet",
    b"\x89HDF": "HDF5",
    b"\x93NUMPY": "a .npy array",
    b"\x89PNG": "a picture",
}
CHUNK = 16 << 20  # bytes read at a time: memory grows with what is there, not with what a header claims


def shown(path: object) -> str:
    """A path that prints on one line, whatever its bytes are."""
    text = str(path).encode("utf-8", "backslashreplace").decode()
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def reason(error: BaseException) -> str:
    """One line that says what went wrong, without the path that an OSError repeats."""
    if isinstance(error, UnicodeDecodeError):
        return f"its byte {error.object[error.start]:#04x} is no UTF-8; save the file as UTF-8"
    if type(error).__name__ == "UnidentifiedImageError":  # Pillow's, which repeats the path
        return "damaged, or no picture; replace or remove it"
    if isinstance(error, zipfile.BadZipFile):
        return f"{' '.join(str(error).split())[:100]}; save it again, with numpy.savez"
    if isinstance(error, FileNotFoundError):
        return "no such file; is the path right?"
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return shown(" ".join(text.split())[:300])


@contextlib.contextmanager
def reading(path: object) -> Generator[None]:
    """Whatever a parser raises inside becomes one `DataError` that names `path`."""
    try:
        yield
    except AelabError:
        raise
    except MemoryError as error:
        raise DataError(f"{shown(path)}: cannot be read: it needs more memory than there is") from error
    except Exception as error:  # a damaged file makes parsers raise what they like
        raise DataError(f"{shown(path)}: cannot be read: {reason(error)}") from error


def file_of(name: str, what: str) -> Path:
    """The path behind the colon of `kind:path`, `~` resolved; it exists.

    Raises:
        DataError: it names nothing, or not a `what` ("file" or "folder").
    """
    kind, _, rest = name.partition(":")
    if not rest:
        raise DataError(f"--data: {kind}: names no {what}; put its path behind the colon")
    with reading(shown(name)):  # a path may be too long, or of a user who does not exist
        path = Path(rest).expanduser()
        if path.is_file() if what == "file" else path.is_dir():
            return path
        raise ValueError(
            f"it is no {what}; give the path of one" if path.exists() else f"no such {what}; is the path right?"
        )


@contextlib.contextmanager
def unpacked(path: Path) -> Generator[IO[bytes]]:
    """A file opened to read, unpacked where it is gzipped, by its first bytes and whatever its name says.

    Raises:
        DataError: missing, or anything that a reader raises inside.
    """
    with reading(path):
        if not path.is_file():  # a pipe would wait for ever
            raise ValueError(
                "no such file; is the path right?" if not path.is_symlink() else "a symbolic link that leads to no file"
            )
        with path.open("rb") as raw:
            zipped = raw.read(2) == b"\x1f\x8b"
            raw.seek(0)
            yield cast(IO[bytes], gzip.GzipFile(fileobj=raw)) if zipped else raw


def lines(path: Path) -> Iterator[str]:
    """The lines of a text file in UTF-8, or in UTF-16 with a byte order mark, gzipped or not; the mark is left out.

    Raises:
        DataError: missing, damaged, not text, or more of it than the limits allow.
    """
    with unpacked(path) as file:
        begin = file.read(8)
        if found := next((what for magic, what in NO_TEXT.items() if begin.startswith(magic)), None):
            raise ValueError(f"it is {found}, and no text; save it as CSV")
        if begin[:2] in (b"\xff\xfe", b"\xfe\xff"):
            yield from _wide_lines(file)
            return
        file.seek(0)
        total, encoding = 0, "utf-8-sig"
        while line := file.readline(LINE + 1):
            total += max(len(line), 64)
            if len(line) > LINE or total > TEXT:
                raise ValueError(f"a line of more than {LINE} bytes, or more than {TEXT} in all")
            one = line.decode(encoding).rstrip("\r\n")
            yield from one.split("\r") if "\r" in one else (one,)  # old Macs end lines so
            encoding = "utf-8"


def _wide_lines(file: IO[bytes]) -> Iterator[str]:
    """All lines of a file in UTF-16, read at once: a line break is not one byte there."""
    file.seek(0)
    data = file.read(TEXT + 1)
    if len(data) > TEXT:
        raise ValueError(f"more than {TEXT} bytes of UTF-16; save it as UTF-8")
    for line in data.decode("utf-16").split("\n"):
        yield line.rstrip("\r")


def fill(file: IO[bytes], shape: tuple[int, ...], dtype: np.dtype, limit: int | None = None) -> np.ndarray:
    """All that is left of a file as one array, read piece by piece.

    Raises:
        ValueError: its header asks for more than `limit` bytes, or says another size than there is.
    """
    limit, count = limit or LIMIT, 1
    for length in shape:
        count *= int(length)  # Python integers: no overflow
    size = count * dtype.itemsize
    if min(shape, default=0) < 0 or size > limit:
        raise ValueError(f"its header asks for {size} bytes, more than {limit}")
    data = bytearray()
    while piece := file.read(min(CHUNK, size + 1 - len(data))):  # one byte more shows an excess and checks the sum
        data += piece
    if len(data) != size:
        raise ValueError(f"its header says {size} bytes of data, there are {'fewer' if len(data) < size else 'more'}")
    return np.frombuffer(data, dtype).reshape(shape)


@contextlib.contextmanager
def archive(path: Path) -> Generator[zipfile.ZipFile]:
    """A zip file to read members of, nothing extracted; their names stay inside it and their sizes within the limit.

    Raises:
        DataError: missing, damaged, a name that leaves the archive, more than the limit, or whatever happens inside.
    """
    with unpacked(path) as raw, zipfile.ZipFile(raw) as file:
        for member in file.infolist():
            parts = PurePosixPath(member.filename.replace("\\", "/"))
            if parts.is_absolute() or ".." in parts.parts or re.match("[A-Za-z]:", member.filename):
                raise ValueError(f"its member {member.filename!r} leads out of the archive")
        total = sum(member.file_size for member in file.infolist())
        if total > LIMIT:
            raise ValueError(f"it unpacks to {total} bytes, more than {LIMIT}")
        yield file


def sibling(path: Path, *swaps: tuple[str, str]) -> Path | None:
    """The file whose name differs from that of `path` by the first of `swaps` that gives one that exists.

    A word is swapped as it is written: TRAIN for TEST, Train for Test, train for test.
    """
    for old, new in swaps:
        for style in (str.lower, str.upper, str.capitalize):
            head, found, tail = path.name.rpartition(style(old))
            other = path.with_name(head + style(new) + tail)
            if found and other.is_file():
                return other
    return None


def by_role(path: Path) -> dict[str, Path]:
    """`path` to train on, and to test on what lies beside it: `X_TEST.ts` beside `X_TRAIN.ts`, and so on."""
    test = sibling(path, ("train", "test"))
    return {"train": path, "test": test} if test else {"train": path}


def npy_header(file: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype]:
    """Shape, whether in Fortran's order, and dtype of an opened `.npy` file, its position behind the header.

    Raises:
        ValueError: not that format, or an array of Python objects, which only a pickle can hold.
    """
    try:
        version = np.lib.format.read_magic(file)
    except ValueError:
        raise ValueError("no .npy file, whatever its name says; save it with numpy.save") from None
    readers: dict[Any, Any] = {
        (1, 0): np.lib.format.read_array_header_1_0,
        (2, 0): np.lib.format.read_array_header_2_0,
    }
    if version not in readers:
        raise ValueError(f"version {version} of the format is not read")
    shape, fortran, dtype = readers[version](file)
    if dtype.hasobject:
        raise ValueError(
            "it holds Python objects, a pickle, which could run code and is never read; save numbers as "
            "x.astype(float) and labels as y.astype(str)"
        )
    return shape, fortran, dtype


def read_npy(file: IO[bytes]) -> np.ndarray:
    """The array of an opened `.npy` file; raises what `npy_header` and `fill` raise."""
    shape, fortran, dtype = npy_header(file)
    x = fill(file, shape[::-1] if fortran else shape, dtype)
    return x.T if fortran else x
