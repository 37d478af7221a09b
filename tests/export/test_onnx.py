"""ONNX Runtime gives what the model gives. Needs `make onnx`, or aelab[onnx]."""

import sys

import numpy as np
import pytest
from exported_models import EVERY, SPECS, arguments, expected, functions_of

from aelab.cli.main import main
from aelab.errors import ConfigError
from aelab.export.onnx import converted
from experiments import autoencoder, vq


def holds(function) -> None:
    """ONNX Runtime agrees with the model to 1e-5, in batches of several sizes."""
    reason = "jax2onnx and onnxruntime are not installed; make onnx installs them and runs these tests"
    pytest.importorskip("jax2onnx", reason=reason)
    runtime = pytest.importorskip("onnxruntime", reason=reason)
    session = runtime.InferenceSession(converted(function))
    assert [each.name for each in session.get_inputs()] == list(function.inputs)
    for rows in (1, 3):
        given = arguments(function, rows)
        for one, other in zip(session.run(None, given), expected(function, given), strict=True):
            np.testing.assert_allclose(one, other, rtol=0, atol=1e-5)


@pytest.mark.ci
@pytest.mark.parametrize("name", ["encode", "decode"])
@pytest.mark.parametrize(("net", "kind"), EVERY)
def test_every_net_on_images_and_series(net, kind, name):
    holds(functions_of(net, kind)[name])


@pytest.mark.ci
@pytest.mark.parametrize(
    "settings",
    [
        {"script": autoencoder},
        {"posterior": "layered", "prior": "layered", "upper_dims": (2,)},
        {"spec": SPECS["image"]._replace(classes=("a", "b"), condition="label", side=(2,))},
        {"script": vq, "net": "conv", "latent_grid": True},
    ],
    ids=["point", "layers", "label", "quantised"],
)
def test_other_codes_and_conditions(settings):
    made = functions_of(settings.get("net", "mlp"), "image", **{n: v for n, v in settings.items() if n != "net"})
    for name in ("encode", "decode"):
        holds(made[name])


def test_without_jax2onnx_one_line_says_what_to_install(finished, tmp_path, monkeypatch, capfd):
    monkeypatch.setitem(sys.modules, "jax2onnx", None)
    assert main(["export", str(finished), "--output", str(tmp_path / "model"), "--formats", "onnx"]) == 2
    error = capfd.readouterr().err.strip()
    assert error.endswith("pip install 'aelab[onnx]'")
    assert "\n" not in error
    assert list(tmp_path.iterdir()) == []


def test_an_operation_that_has_no_form_is_named(monkeypatch):
    def refuse(*_, **__):
        raise NotImplementedError("no plugin for such_a_thing\nand more")

    monkeypatch.setitem(sys.modules, "jax2onnx", type(sys)("jax2onnx"))
    monkeypatch.setattr("jax2onnx.to_onnx", refuse, raising=False)
    with pytest.raises(ConfigError, match=r"encode of this model has no such form \(no plugin for such_a_thing\)"):
        converted(functions_of("mlp", "image")["encode"])
