"""The record that a run can be checked by: its manifest says where it came from, its digests what the state was."""

import hashlib
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import jax

from aelab.config import Config, how, stored
from aelab.data.source import Splits
from aelab.experiment.scores import Score, as_json
from aelab.runs import digests, own_scripts, provenance
from aelab.runs.atomic import write_atomically
from aelab.runs.digests import json_digest
from aelab.runs.folder import SCHEMA, Run
from aelab.runs.same_data import describe, require_same_data

ROOM = 24 << 10  # bytes of digests.jsonl up to which a row has the digits of every leaf


class RunRecord:
    """Writes `manifest.json` and `digests.jsonl` of a run; `population` describes the population it trains with."""

    def __init__(self, run: Run, config: Config, splits: Splits, population: dict[str, Any] | None = None):
        self.run, self.config, self.splits, self.population = run, config, splits, population

    def begin(
        self,
        layers: list[dict[str, Any]],
        own: tuple[Score, ...] = (),
        more: Mapping[str, Any] = MappingProxyType({}),
    ) -> None:
        """Write the manifest of a run that starts here.

        `own` are the scores that its experiment adds, and `more` is what else there is to say of its beginning.
        """
        adopted = self.run.read("config.json")
        self.run.write(
            "manifest.json",
            {
                "schema": SCHEMA,
                **{name: adopted[name] for name in ("experiment", "script") if name in adopted},
                "command": provenance.command(),
                "config": stored(self.config),
                "config_sha256": json_digest(stored(self.config)),
                "seed": self.config.seed,
                **more,
                "data": describe(self.splits),
                "layers": layers,
                **({"own_scores": as_json(own)} if own else {}),
                "sessions": [self._session(0)],
            },
        )

    def resume(self, step: int) -> None:
        """Note who goes on from `step`, if that is another machine, version, command or way to run.

        Raises:
            ConfigError: the data is not what the run began with.
        """
        require_same_data(self.run, self.splits)
        made = self.run.read("manifest.json")
        session = self._session(step)
        last = made["sessions"][-1]
        if {**session, "step": 0} != {**last, "step": 0}:
            self.run.write("manifest.json", {**made, "sessions": [*made["sessions"], session]})

    def _session(self, step: int) -> dict[str, Any]:
        """How and where steps are made from here on; the patch of changed code is kept beside the manifest."""
        made = provenance.fingerprint()
        if patch := provenance.changes():
            name = f"changes-{hashlib.sha256(patch.encode()).hexdigest()[:8]}.patch"
            write_atomically(self.run.path / name, patch.encode())
        made_with = {"command": provenance.command(), "how": how(self.config), "fingerprint": made}
        if (count := jax.process_count()) > 1:
            made_with |= {"processes": count, "how": _in_one_process(made_with["how"])}
        if script := self.run.read("config.json").get("script"):
            made_with["script"] = own_scripts.digests(script)
        return {"step": step, **made_with, **({"population": self.population} if self.population else {})}

    def probe(self, step: int, leaves: Mapping[str, str]) -> None:
        """Append the digests of a state, by leaf, to the chain."""
        file = self.run.path / "digests.jsonl"
        named = not file.exists() or file.stat().st_size < ROOM
        self.run.append(file.name, digests.row(step, leaves, named=named))

    def end(self, scores: Mapping[str, float], params_sha256: str) -> None:
        """Close the manifest: the chain, the scores and the parameters go into it, so that it stands for itself."""
        made = self.run.read("manifest.json")
        ended = {"digests": self.run.rows("digests.jsonl"), "scores": dict(scores), "params_sha256": params_sha256}
        self.run.write("manifest.json", {**made, **ended})


def _in_one_process(how: dict[str, Any]) -> dict[str, Any]:
    """How a single process does what several have done: on as many devices, in the same way."""
    way = "jit" if how["parallel"] == "auto" else how["parallel"]
    return {**how, "devices": jax.device_count(), "parallel": way}
