"""Programs of the page run by node, without a page around them."""

import json
import shutil
import subprocess
from collections.abc import Callable, Sequence

import jax
import numpy as np
import pytest

from aelab.explore.page import INTERPRETER, part
from aelab.explore.trace import program_of
from aelab.explore.weights import Weights

NODE = shutil.which("node")
needs_node = pytest.mark.skipif(NODE is None, reason="node is not installed, which runs the page's scripts here")
READ = """
const { weights, jobs } = JSON.parse(require("fs").readFileSync(0));
const arrays = readWeights(weights);
const found = jobs.map(({ program, inputs }) => {
  const built = build(program, arrays);
  for (let times = 0; times < 2; times++) { // the second time in buffers that are full
    built.inputs.forEach((buffer, i) => buffer.set(inputs[i]));
    built.run();
  }
  return built.outputs.map((out) => Array.from(out, (x) => (Number.isFinite(x) ? x : String(x))));
});
console.log(JSON.stringify(found));
"""
Job = tuple[Callable, Sequence[np.ndarray]]  # a function that gives a tuple of arrays, and what it is given


def run(jobs: Sequence[Job], *, vectors: bool = True, half: bool = False) -> list[list[np.ndarray]]:
    """What node makes of each: traced, written down, read and run; without `vectors` by plain JavaScript alone."""
    weights, written = Weights(half=half), []
    for function, inputs in jobs:
        program = program_of(function, [jax.ShapeDtypeStruct(x.shape, x.dtype) for x in inputs], weights)
        given = [np.asarray(x, np.float32).ravel().tolist() for x in inputs]
        written.append({"program": program.as_json(), "inputs": given})
    script = "\n".join([*([] if vectors else ["globalThis.WebAssembly = undefined;"]), *map(part, INTERPRETER), READ])
    text = json.dumps({"weights": weights.as_json(), "jobs": written})
    done = subprocess.run([str(NODE), "-e", script], input=text, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr[-2000:]
    return [[np.array([float(x) for x in out]) for out in outs] for outs in json.loads(done.stdout)]


def agree(jobs: Sequence[Job], *, tolerance: float = 1e-5, **how) -> None:
    """Every output is that of JAX, to `tolerance` absolutely and relatively."""
    for (function, inputs), outs in zip(jobs, run(jobs, **how), strict=True):
        wanted = jax.jit(function)(*inputs)
        assert len(wanted) == len(outs)
        for want, found in zip(wanted, outs, strict=True):
            np.testing.assert_allclose(found, np.asarray(want, np.float64).ravel(), rtol=tolerance, atol=tolerance)
