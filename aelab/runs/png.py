"""What the first bytes of a PNG file say: no picture is decoded."""


def size(png: bytes) -> tuple[int, int]:
    """Width and height in pixels, of the header's IHDR; 0 where the bytes end before."""
    width, height = (int.from_bytes(png[i : i + 4], "big") for i in (16, 20))
    return width, height
