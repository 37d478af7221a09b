"""Semi-supervised VAE (M2; Kingma et al. 2014, arXiv:1406.5298): a classifier from few labels and many events.

python -m experiments.m2 --data fashion_small --labelled 100 --latent-dim 16 --seed 0

The label stands beside the event and beside the code, as for `experiments.vae --condition label`. Where it is hidden,
the bound is summed over all classes, each as likely as the classifier q(y|x) says. The score `class_error` is the share
of events that the classifier gets wrong.
"""

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from aelab.config import Corrupted as Shared
from aelab.config import ElboOptions, Natural, NonNegative, Size, Traced, since
from aelab.data.source import Spec
from aelab.errors import ConfigError
from aelab.runner import launch

First = Annotated[NonNegative, Traced(epochs=True, rise=True, switch=False)]


@dataclass(frozen=True)
class Config(ElboOptions, Shared):
    """A conditional VAE and a classifier, which are trained together."""

    condition: Literal["label"] = "label"  # shown beside each event
    labelled: Natural = 100  # training events whose label is shown, as many of each class; 0 shows all
    class_weight: Annotated[NonNegative, Traced(switch=False)] = 10.0  # α: weight of -log q(y|x) where y is known
    labels_first: First = since("0.1.0", 0.0, 3.0)  # epochs in which hidden labels do not move the classifier
    classifier_widths: tuple[Size, ...] = (500,)  # units of the classifier's hidden layers


def build(config: Config, spec: Spec):
    from aelab import corruptions, latents, likelihoods, nets, objectives, priors  # here, so that --help needs no jax
    from aelab.experiment import Experiment, Player, Score, optimizer
    from aelab.model import Autoencoder

    if spec.lengths:
        raise ConfigError("m2: its classifier reads events that are whole; these are series of several lengths")
    likelihood = likelihoods.chosen(config, spec)
    outputs = likelihoods.event_outputs(likelihood, spec.shape)
    encoder, decoder = nets.menu[config.net](config, spec.shape, outputs)
    posterior = latents.Gaussian(config.latent_dim)
    prior = priors.standard_normal(latents.code_shape(encoder, posterior, spec.shape))
    encoder, decoder = nets.conditioned(encoder, decoder, spec.shape)
    classifier, fresh = classifying(config, spec)
    error = Score("class_error", "share", "lower", "events whose class the classifier gets wrong", wrong(classifier))
    return Experiment(
        model=Autoencoder(
            encoder=encoder,
            posterior=posterior,
            prior=prior,
            decoder=decoder,
            likelihood=likelihood,
            precision=config.precision,
            remat=config.remat,
        ),
        players={"model": Player(objectives.m2(classifier, spec), optimizer(config), ("model", "classifier"))},
        networks={"classifier": fresh},
        corruption=corruptions.choose(config, spec.values, spec.shape),
        scores=(error,),
    )


def classifying(config: Config, spec: Spec):
    """q(y|x): `(params, inputs) -> logits`, and `key -> params`; a fully connected net, as in the paper."""
    import jax.numpy as jnp

    from aelab import nets

    net = nets.mlp.Decoder((len(spec.classes),), config.classifier_widths, nets.activations[config.activation])

    def classifier(params, inputs):
        logits: Any = net.apply({"params": params}, inputs)
        return logits

    return classifier, lambda key: net.init(key, jnp.zeros((1, *spec.shape)))["params"]


def wrong(classifier):
    """For each event 1 where the class of the largest logit is not its own, else 0."""

    def of_each(model, params, key, batch):
        found = classifier(params["classifier"], batch.inputs).argmax(1)
        return (found != batch.condition.argmax(1)).astype("float32")

    return of_each


if __name__ == "__main__":
    raise SystemExit(launch.main(Config, build))
