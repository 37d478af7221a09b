"""Dots one can point at and follow: what the codes of a sweep cost and what they save, drawn as SVG without a script.

The style shows the words of the dot under the pointer; a click opens the report of the setting's first run.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from aelab.report.markup import large, text
from aelab.report.plots import HEIGHT, RIGHT, TOP, WIDTH, Scale

AROUND = 0.08  # of the range of distortions, above and below
REACH = 10  # units around a dot that are the dot's too: a finger is wider than a dot


def tradeoff(arrays: Mapping[str, np.ndarray], links: Sequence[str]) -> str:
    """`rate` and `distortion` [run], nats per example, of the `entry` [run] that `labels` [entry] name.

    `corners` are the entries of the convex hull, and `links` the folders of an entry's first run. Small dots are runs,
    large ones the mean of an entry.
    """
    rate, distortion, entry = (arrays[name] for name in ("rate", "distortion", "entry"))
    own = [entry == i for i in range(len(arrays["labels"]))]
    means = [(float(rate[runs].mean()), float(distortion[runs].mean())) for runs in own]
    spare = AROUND * float(np.ptp(distortion)) or 1.0
    scale = Scale(1.05 * float(rate.max()) or 1.0, float(distortion.min()) - spare, float(distortion.max()) + spare)
    x, y = np.array([means[i] for i in arrays["corners"]]).T
    seeds = "".join(
        f'<circle class="seed" cx="{scale.x(a):.1f}" cy="{scale.y(b):.1f}" r="2"/>'
        for a, b in zip(rate, distortion, strict=True)
    )
    named = zip(arrays["labels"], means, links, strict=True)
    body = scale.grid("rate, nats per example") + f'<polyline class="hull" points="{scale.points(x, y)}"/>' + seeds
    body += "".join(_dot(str(label), place, link, scale) for label, place, link in named)
    return (
        '<figure class="plot"><p><b>distortion</b> <span class="unit">nats per example</span></p>'
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="group" aria-label="Rate and distortion of each setting">'
        f"{body}</svg></figure>"
    )


def _dot(label: str, place: tuple[float, float], link: str, scale: Scale) -> str:
    x, y = scale.x(place[0]), scale.y(place[1])
    said = text(f"{label} · rate {large(place[0])} · distortion {large(place[1])}")
    return (
        f'<a class="dot" href="{text(link)}/report.html" aria-label="{said}">'
        f'<circle class="reach" cx="{x:.1f}" cy="{y:.1f}" r="{REACH}"/><circle cx="{x:.1f}" cy="{y:.1f}" r="5"/>'
        f'<text class="name" x="{x + 7:.1f}" y="{y - 6:.1f}">{text(label)}</text>'
        f'<text class="said" x="{RIGHT}" y="{TOP - 12}" text-anchor="end">{said}</text></a>'
    )
