"""An experiment: what a script builds, and how its settings become an optimizer and traced numbers."""

from aelab.experiment.experiment import Experiment, hyper, optimizer
from aelab.experiment.optimizers import Optimizer

__all__ = ["Experiment", "Optimizer", "hyper", "optimizer"]
