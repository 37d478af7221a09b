"""What accelerators are given: the program of a chunk of steps, for CUDA and TPUs, looked at without one of them."""

import re
from dataclasses import replace

import pytest
from everywhere import trainer_of
from gradient_recipes import NETS, OBJECTIVES, every

from experiments import aae, cvae, m2, mae, sparse, vae_gan, vq

SCRIPTS = {script.__name__.rpartition(".")[2]: script for script in (aae, cvae, m2, mae, sparse, vae_gan, vq)}
PLATFORMS = ("cuda", "tpu")
FOR_THE_HOST = re.compile(r"infeed|outfeed|stablehlo\.(?:send|recv)\b|callback|custom_call")  # no call is known to stay


def recipe(name: str):
    """A config and `build`: of a net or an objective, or the small run of a script."""
    if name in SCRIPTS:
        script = SCRIPTS[name]
        return replace(script.Config(data="digits"), **getattr(script.Config, "TINY", {})), script.build
    return every()[name]


def lowered(name: str) -> dict[str, str]:
    """The program of a chunk for each platform."""
    trainer = trainer_of(*recipe(name))
    traced = trainer.recipe.program.run.trace(*trainer.shapes())
    return {platform: traced.lower(lowering_platforms=(platform,)).as_text() for platform in PLATFORMS}


NAMES = [*NETS, *(pytest.param(name, marks=pytest.mark.ci) for name in (*OBJECTIVES, *SCRIPTS))]


@pytest.mark.parametrize("name", NAMES)
def test_a_chunk_lowers_for_accelerators_and_waits_for_no_host(name):
    for platform, text in lowered(name).items():
        assert "stablehlo.while" in text, "the steps of a chunk are a loop on the device"
        assert not FOR_THE_HOST.findall(text), platform
        assert ("stablehlo.convolution" in text) >= (name == "conv"), "convolutions are those of the library"
