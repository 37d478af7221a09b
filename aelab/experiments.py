"""The scripts. In a checkout they stand beside this package, in the folder `experiments/`; a wheel has them here.

So `python -m aelab.experiments.vae` works everywhere, whatever else is called `experiments` on a machine.
"""

from pathlib import Path

__path__ = [str(Path(__file__).resolve().parents[1] / "experiments")]
