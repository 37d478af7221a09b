"""How a source prints: a line about its events, and none of their numbers."""

import numpy as np

from aelab.data.normalise import stored_range
from aelab.data.source import Spec


class Printed:
    """A source that prints as how many events it has, of which shape, and how they are stored."""

    spec: Spec

    def __len__(self) -> int:
        raise NotImplementedError

    def __repr__(self) -> str:
        return f"{type(self).__name__}({len(self):,} events of shape {self.spec.shape}, {stored(self.spec)})"


def stored(spec: Spec) -> str:
    """The dtype and the range of what is stored, as `uint8 from 0 to 16`; real numbers have no range."""
    dtype = np.dtype(spec.dtype).name
    if spec.values == "unit":
        low, high = stored_range(spec)
        said = f"{dtype} from {low:g} to {high:g}"
    else:
        said = f"{dtype}, real numbers"
    return said + (", some of them missing" if spec.missing else "")
