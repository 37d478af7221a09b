"""Find a script that trains one run by its short name, as `vae`."""

from pathlib import Path

from aelab.config.spelling import nearest
from aelab.errors import ConfigError
from aelab.sweeps.plan import Script


def find_script(name: str) -> Script:
    """The script `experiments.<name>`, with its settings and its recipe.

    Raises:
        ConfigError: there is no script of that name, or it makes a table of several runs.
    """
    import importlib

    import experiments

    names = [path.stem for folder in experiments.__path__ for path in sorted(Path(folder).glob("[a-z]*.py"))]
    if name not in names:
        raise ConfigError(f"{name}: no such script in experiments{nearest(name, names)}")
    module = importlib.import_module(f"experiments.{name}")
    if not hasattr(module, "build"):
        raise ConfigError(f"{name}: makes a table of its own; sweep a script of one run, as vae or autoencoder")
    return Script(module.__name__, module.Config, module.build)
