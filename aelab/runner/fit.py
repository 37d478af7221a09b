"""`aelab.fit`: arrays of a user's own, trained on with a run folder around it, as a script does."""

import dataclasses
import functools
import hashlib
import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from aelab.config import LAUNCH, Config, check, first_run, from_json, stored
from aelab.config.spelling import nearest
from aelab.errors import ConfigError
from aelab.model import Autoencoder, PyTree
from aelab.runner import launch, own_arrays
from aelab.runs import scripts
from aelab.runs.folder import Run
from aelab.runs.load import read_spec, read_state, rebuild
from aelab.training.state import evaluated

TAKEN = LAUNCH | {"runs_dir", "data", "smoke", "own_parts"}  # settings that make no sense here, or have a name of ours


class Fitted(NamedTuple):
    """What a fit gives: what `aelab.load` gives, and the folder."""

    model: Autoencoder
    params: PyTree  # those that were scored
    config: Config
    run: Path


def fit(
    x: own_arrays.Events,
    label: own_arrays.Events | None = None,
    *,
    run_dir: str | Path,
    net: Any = "mlp",
    objective: Any = None,
    latent_dim: int = 16,
    validation: float = 0.1,
    test: own_arrays.Events | None = None,
    test_label: own_arrays.Events | None = None,
    script: str = "vae",
    **settings: Any,
) -> Fitted:
    """Train an autoencoder on arrays, and keep checkpoints, scores, figures and a report in the folder `run_dir`.

        x = np.random.default_rng(0).normal(size=(200, 6))
        fitted = aelab.fit(x, run_dir="runs/mine", latent_dim=2, widths=(16,), epochs=3)
        q = fitted.model.encode(fitted.params, aelab.events(fitted.run, range(8)).inputs)
        print(q.mean.shape, fitted.run / "report.html")

    `x` is one event a row: vectors `(n, feature)`, series `(n, time, channel)` or a list of series of unequal length,
    images `(n, height, width[, channel])`. What they are and how they are scaled is decided as for a file, see the page
    about data; `kind` and `scale` say otherwise. `label` has a class for each row. The share `validation` is held out,
    and as `test` either the arrays that are given or another tenth.

    `script` is the experiment, "vae" or "autoencoder", or another of `aelab train --help`, and `settings` are its flags
    with `_` for `-`. `net` is a name, or of one's own: an encoder, a pair (encoder, decoder) of Linen modules, or a
    function `(config, event, outputs)` that makes a pair. Without `epochs`, a run trains until its validation loss no
    longer improves. `objective` is a name, or a function
    `(model, params, key, batch, *, step, hyper, extra) -> Loss`, in nats for each example.

    The same call again goes on with what was interrupted, and reads what is finished. The folder is that of any run:
    `aelab.load`, `aelab verify` and all other verbs read it, unless a part is one's own. Such a run is read by the same
    call.

    Raises:
        ConfigError: an argument that does not fit, or a folder of another call.
        DataError: arrays that cannot be events.
        AelabError: whatever else training raises.
    """
    run = Run(Path(run_dir).expanduser().resolve())
    own = {name: part for name, part in (("net", net), ("objective", objective)) if part and not isinstance(part, str)}
    named = {name: part for name, part in (("net", net), ("objective", objective)) if isinstance(part, str)}
    module = scripts.module(_known(script))
    kind, build = _with_own(module.Config, own), _building(module.build, script, own)
    arrays = {"x_train": x, "y_train": label, "x_test": test, "y_test": test_label}
    asked = {**settings, **named, "latent_dim": latent_dim, "validation": validation}
    config = _config(kind, asked)
    file = own_arrays.keep(run.path, arrays)
    config = dataclasses.replace(config, data=f"npz:{file}")
    config = first_run.with_defaults(config, asked).resolved()
    name = scripts.BY_FIT if own else f"experiments.{script}"
    if run.finished:
        run.adopt(name, stored(config))  # its folder was named by the caller, and may be that of another call
    launch.train(name, config, build, at=run)
    experiment, blank = rebuild(run, config, build, read_spec(run))
    return Fitted(experiment.model, evaluated(experiment, read_state(run, blank).state), config, run.path)


def _known(script: str) -> str:
    """The name of a script of this package that trains one run.

    Raises:
        ConfigError: there is none of that name.
    """
    if not scripts.short(f"experiments.{script}") or not hasattr(scripts.module(script), "build"):
        raise ConfigError(f"script: no {script!r} trains a run; aelab train --help lists those that do")
    return script


def _with_own(kind: type[Config], own: dict[str, Any]) -> type[Config]:
    """The config of a script, with what is said of parts of one's own: another part in a folder is another run."""
    if not own:
        return kind
    said = ", ".join(f"{name} {described(part)}" for name, part in own.items())
    fields = [("own_parts", str, dataclasses.field(default=said))]
    made: Any = dataclasses.make_dataclass(kind.__name__, fields, bases=(kind,), frozen=True)
    made.__module__ = kind.__module__
    return made


def described(part: Any) -> str:
    """A name, and eight hex digits of how a part is made: its fields, and its source where that can be had."""
    if isinstance(part, tuple):  # a pair of modules, or an objective's record
        return " + ".join(described(each) for each in part if callable(each))
    bound = ""
    while isinstance(part, functools.partial):
        part, bound = part.func, f"{bound} {part.keywords}"
    made = part if inspect.isroutine(part) else type(part)
    try:
        source = inspect.getsource(made)
    except (OSError, TypeError):
        source = ""
    fields = "" if inspect.isroutine(part) else repr(part)
    return f"{made.__qualname__}-{hashlib.sha256((source + fields + bound).encode()).hexdigest()[:8]}"


def _building(build: Callable, script: str, own: dict[str, Any]) -> Callable:
    """`build` of a script with parts of one's own.

    Raises:
        ConfigError: the script takes none.
    """
    from aelab import nets  # here: what needs no net imports none

    if refused := sorted(own.keys() - inspect.signature(build).parameters.keys()):
        raise ConfigError(f"{refused[0]}: {script} takes none of one's own; choose script='vae' or 'autoencoder'")
    made = {**own, "net": nets.own(own["net"])} if "net" in own else own
    return functools.partial(build, **made) if made else build


def _config(kind: type[Config], settings: dict[str, Any]) -> Config:
    """The config that has these settings, their types and bounds checked.

    Raises:
        ConfigError: one that there is not, or a value that it cannot have.
    """
    known = {field.name for field in dataclasses.fields(kind)} - TAKEN
    for name in settings:
        if name not in known:
            raise ConfigError(f"{name}: no such setting{nearest(name, known)}")
    plain = {name: list(value) if isinstance(value, tuple) else value for name, value in settings.items()}
    config = from_json(kind, plain)
    check(config)
    return config
