"""Draw `explore.png`: the page that `aelab explore` makes of a run, as a browser shows it.

    aelab train vae --data fashion_small --net conv --latent-dim 16 --epochs 12
    aelab explore runs/vae/fashion_small-conv-z16-*-s0 --html page.html
    python docs/make_explore.py page.html

It needs Chromium and Pillow. The first two parts are on the left, as a desktop shows them; on the right is the last
one, as a phone shows it in the dark.
"""

import sys
import tempfile
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests" / "support"))

from browser import browser  # noqa: E402 - the tests drive a browser by it too

HEIGHT, WIDE, NARROW, GAP = 1440, 1000, 390, 24  # pixels


def main(page: Path) -> None:
    """Two pictures side by side on an empty ground."""
    with tempfile.TemporaryDirectory() as folder, browser(Path(folder) / "profile") as tab:
        shots = []
        for name, width, dark, selector in (("left", WIDE, False, "body"), ("right", NARROW, True, "#hole")):
            tab.size(width, HEIGHT, dark=dark)
            tab.open(f"file://{page.resolve()}")
            tab.wait(3)
            tab.run(f"document.querySelector({selector!r}).scrollIntoView(); scrollBy(0, -16)")
            tab.wait(0.5)
            tab.picture(Path(folder) / f"{name}.png", whole=False)
            shots.append(Image.open(Path(folder) / f"{name}.png").convert("RGB"))
    sheet = Image.new("RGB", (WIDE + GAP + NARROW, HEIGHT), "#8d99a6")
    sheet.paste(shots[0], (0, 0))
    sheet.paste(shots[1], (WIDE + GAP, 0))
    sheet.quantize(128).save(ROOT / "docs" / "explore.png", optimize=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
