"""Likelihoods by name: which settings make them, and for which values they are defined."""

from collections.abc import Callable, Sequence
from typing import Any, Literal, NamedTuple

import flax.linen as nn

from aelab.config import LikelihoodOptions
from aelab.errors import ConfigError
from aelab.likelihoods.bernoulli import Bernoulli
from aelab.likelihoods.bounded_normal import BoundedNormal
from aelab.likelihoods.continuous_bernoulli import ContinuousBernoulli
from aelab.likelihoods.discretised_logistic import DiscretisedLogistic
from aelab.likelihoods.grey_levels import GreyLevels
from aelab.likelihoods.laplace import Laplace
from aelab.likelihoods.mixed import Mixed, blocks
from aelab.likelihoods.negative_binomial import Counts
from aelab.likelihoods.normal import Normal
from aelab.likelihoods.student_t import StudentT


class Choice(NamedTuple):
    """How a likelihood is made of the settings and of the number of levels of the values, and what values it takes.

    "any" takes all values, "unit" those in [0, 1], "levels" those in [0, 1] of which there are few, "counts" levels
    that are counts as they are stored, and "columns" rows of a table whose columns are of several kinds.
    """

    make: Callable[[Any, int], nn.Module]
    values: Literal["any", "unit", "levels", "counts", "columns"] = "any"


menu: dict[str, Choice] = {
    "bernoulli": Choice(lambda config, levels: Bernoulli(), "unit"),
    "continuous_bernoulli": Choice(lambda config, levels: ContinuousBernoulli(), "unit"),
    "normal": Choice(lambda config, levels: Normal(config.sigma)),
    "bounded_normal": Choice(lambda config, levels: BoundedNormal(config.least_sigma)),
    "laplace": Choice(lambda config, levels: Laplace(config.sigma)),
    "student_t": Choice(lambda config, levels: StudentT(config.sigma, config.freedom)),
    "categorical": Choice(lambda config, levels: GreyLevels(levels), "unit"),
    "discretised_logistic": Choice(lambda config, levels: DiscretisedLogistic(levels), "levels"),
    "logistic_mixture": Choice(lambda config, levels: DiscretisedLogistic(levels, config.logistics), "levels"),
    "negative_binomial": Choice(lambda config, levels: Counts(levels), "counts"),
    "zero_inflated": Choice(lambda config, levels: Counts(levels, inflated=True), "counts"),
    "mixed": Choice(lambda config, levels: Mixed(sigma=config.sigma), "columns"),
}
USUAL = {"unit": "bernoulli", "real": "normal"}  # what `auto` is, by the kind of values; "mixed" where columns differ


def chosen(config: Any, spec: Any) -> Any:
    """The likelihood that a config asks for, for events of a spec; `auto` is "mixed" for a table that is read by the
    kinds of its columns, and else that of `USUAL`.

    "categorical" are the `GreyLevels` of [0, 1], under the name that stands in the configs of runs.

    Raises:
        ConfigError: a likelihood on [0, 1] for values outside it, on levels for a continuum, or a name that is none.
    """
    usual = "mixed" if spec.columns else USUAL[spec.values]
    name = usual if config.likelihood == "auto" else config.likelihood
    if name not in menu:
        raise ConfigError(f"--likelihood: no {name!r}; there are {', '.join(menu)}")
    choice = menu[name]
    if choice.values in WHOLE:
        return WHOLE[choice.values](name, choice.make(config, spec.levels), spec)
    if choice.values != "any" and spec.values != "unit":
        raise ConfigError(f"--likelihood: {name} needs values in [0, 1], and these are not; use normal")
    if choice.values == "levels" and spec.levels < 2:
        raise ConfigError(
            f"--likelihood: {name} needs values of a few levels, as bytes are, and these are a continuum; "
            "use continuous_bernoulli or normal"
        )
    return choice.make(config, spec.levels)


def _of_counts(name: str, likelihood: Any, spec: Any) -> Any:
    """The likelihood of counts, whose means are shares of the total where the condition is called library.

    Raises:
        ConfigError: values are not stored as whole numbers from 0.
    """
    if spec.values != "unit" or spec.levels < 2:
        raise ConfigError(f"--likelihood: {name} needs whole numbers from 0; give the largest count as --scale")
    if spec.condition != "library":
        return likelihood
    if len(spec.side_shift) != 1:
        raise ConfigError("--condition library: is to be one number for each event, its total count")
    return likelihood.clone(library=(spec.side_shift[0], spec.side_scale[0]))


def _of_columns(name: str, likelihood: Any, spec: Any) -> Any:
    """The likelihood of the columns of a table.

    Raises:
        ConfigError: the set is no table that was read by the kinds of its columns.
    """
    if not spec.columns:
        raise ConfigError(f"--likelihood: {name} needs a table that is read by its columns; give --categorical auto")
    return likelihood.clone(blocks=blocks(spec.columns))


WHOLE: dict[str, Callable[[str, Any, Any], Any]] = {"counts": _of_counts, "columns": _of_columns}  # judge the spec


class _Values(NamedTuple):
    """What `chosen` reads of a spec."""

    values: str
    levels: int
    columns: Sequence[Any] = ()
    condition: str = ""


def choose(
    name: Any, values: Literal["unit", "real"], *, levels: int = 256, columns: Sequence[Any] = (), **settings: Any
) -> Any:
    """The likelihood of that name for such values, by the `settings` of `LikelihoodOptions`, such as `sigma`.

    `columns` are those of a table, each with a `kind` and a `width`, as `aelab.data.columns.Column` has them.

    Raises:
        ConfigError: see `chosen`.
    """
    return chosen(LikelihoodOptions(likelihood=name, **settings), _Values(values, levels, columns))
