"""Programs that show runs while they train: TensorBoard's files, and what `--track` names, a file each.

- `Tracker`, `About`: the seam, three methods. `Guarded`: a tracker that can neither fail a run nor hold it up.
- `TensorBoard`: files in the run folder, always. `menu`: trackio, wandb, mlflow, which are extras of the package.
- `Trackers`: all of a run's, one behind the other. `require_installed`: whether what `--track` names is here.
"""

from aelab.trackers.choose import menu, require_installed
from aelab.trackers.guarded import Guarded
from aelab.trackers.protocol import About, Tracker
from aelab.trackers.tensorboard import TensorBoard
from aelab.trackers.together import Trackers

__all__ = ["About", "Guarded", "TensorBoard", "Tracker", "Trackers", "menu", "require_installed"]
