"""The sentences of a model card."""

from collections.abc import Iterator, Mapping
from typing import Any

from aelab.config import unread
from aelab.config.spelling import flag
from aelab.export.licences import find
from aelab.export.subject import Subject
from aelab.runs import scripts

DIGITS = 12  # of a commit


def script(subject: Subject) -> str:
    """The short name of a script of this package; "" of a user's own."""
    return scripts.short(subject.run.read("config.json")["experiment"])


def title(subject: Subject) -> str:
    """What the card is called."""
    return f"{script(subject) or 'Model'} of {_data_name(subject)}"


def _data_name(subject: Subject) -> str:
    return subject.manifest.get("data", {}).get("name") or subject.config.data


def summary(subject: Subject) -> str:
    """What kind of model this is, and what goes in and comes out."""
    shape = " × ".join(map(str, subject.spec.shape))
    count = subject.summary.get("parameters")
    size = f" It has {count:,} parameters." if count else ""
    about = f"{subject.about.removesuffix('.')}. " if subject.about else ""
    return (
        f"{about}The model was trained by aelab, the autoencoder laboratory in JAX, as the run `{subject.name}`.{size} "
        f"An event has the shape {shape}."
    )


def data(subject: Subject) -> str:
    """Which set, its licence, its splits, and what a model sees of a stored value."""
    known, splits = find(subject.config.data), subject.manifest.get("data", {}).get("splits", {})
    sizes = [f"{each['examples']:,} events are its {name} split" for name, each in splits.items() if "examples" in each]
    name = f"The data set is `{_data_name(subject)}`"
    if known:
        said = f"{name}, {known.title} ({known.source}). It is given under {known.licence}."
    else:
        said = f"{name}. Its licence is not known to aelab: whoever passes this model on has to find out and say it."
    return f"{said}\n\n" + (f"{', '.join(sizes)}. " if sizes else "") + _seen(subject)


def _seen(subject: Subject) -> str:
    spec = subject.spec
    if spec.scale == 1 and spec.shift == 0:
        return "The model sees values as they are stored, as float32."
    shift, scale = ("of its channel" if isinstance(x, tuple) else f"{x:g}" for x in (spec.shift, spec.scale))
    more = "; both are `data.spec` in config.json" if "channel" in shift + scale else ""
    return f"The model sees (stored − shift) / scale as float32, with shift {shift} and scale {scale}{more}."


def recipe(subject: Subject) -> str:
    """How it was trained, in whole sentences; all settings stand in config.json."""
    stored = subject.run.read("config.json")["config"]
    return " ".join(_recipe({name: value for name, value in stored.items() if name not in unread(stored.get("net"))}))


def _recipe(has: Mapping[str, Any]) -> Iterator[str]:
    if "net" in has:
        yield f"The encoder and the decoder are the net `{has['net']}`."
    if "latent_dim" in has:
        yield f"A code has {has['latent_dim']} numbers." if not has.get("latent_grid") else "A code is a grid."
    if "likelihood" in has:
        yield f"The likelihood is `{has['likelihood']}`{_chosen(has['likelihood'])}."
    if "objective" in has:
        beta = f" with β = {has['beta']:g}" if has.get("beta") not in (None, 1) else ""
        yield f"The objective is `{has['objective']}`{beta}."
    if has.get("corruption", "none") != "none":
        yield f"The inputs were corrupted by `{has['corruption']}`, the targets were whole."
    yield (
        f"Training took {has['epochs']} epochs in batches of {has['batch_size']}, by the optimizer "
        f"`{has['optimizer']}` at a learning rate of {has['lr']:g} with the schedule `{has['schedule']}`."
    )
    if has.get("init_from"):
        yield "It started from the parameters of another run, which training again needs too."
    yield f"The seed is {has['seed']}, and every draw follows from it."
    yield "All settings stand in `config.json`."


def _chosen(likelihood: str) -> str:
    return ", chosen by the range of the data" if likelihood == "auto" else ""


def of_the_last_step(subject: Subject) -> Iterator[str]:
    """What to say of scores that are not those of the exported parameters."""
    if subject.which == "best":
        best = f"the parameters are those of step {subject.step}, the best on validation"
        yield f"The scores are those of the last step; {best}."


def origin(subject: Subject) -> str:
    """Seed, commit, versions, machine, and the command that trains it again."""
    made = (subject.manifest.get("sessions") or [{}])[-1].get("fingerprint") or {}
    versions = ", ".join(f"{name} {value}" for name, value in (made.get("versions") or {}).items() if value)
    lines = [
        f"Trained with {versions}." if versions else "",
        _code(made.get("code") or {}),
        _machine(made.get("machine") or {}),
    ]
    return "\n".join([*filter(None, lines), "", *_again(subject)])


def _code(code: Mapping[str, Any]) -> str:
    if not code:
        return ""
    commit = f"commit `{code['commit'][:DIGITS]}`" if code.get("commit") else "an installed package"
    changed = ", with changes that were not committed" if code.get("changes_sha256") else ""
    return f"The code is that of {commit}{changed}; the sha256 of its sources begins with `{code['sha256'][:DIGITS]}`."


def _machine(machine: Mapping[str, Any]) -> str:
    if not machine:
        return ""
    devices, system = f"{machine.get('devices')} × {machine.get('device')}", machine.get("system")
    return f"It was trained on {devices} by JAX's platform `{machine.get('platform')}`, under {system}."


def _again(subject: Subject) -> list[str]:
    stated = subject.run.read("config.json").get("script") or {}
    own = script(subject) or str(stated.get("file", "SCRIPT.py")).rpartition("/")[2]
    return [
        "This trains it again, in the folder of this card:",
        "",
        f"```sh\naelab train {own} {flag('config')} config.json\n```",
    ]


def loading(subject: Subject, files: Mapping[str, str]) -> str:
    """Lines of Python for each format that is in the folder."""
    trust = "" if script(subject) else ", trust=True"
    said = ["`x` is a batch of events as the model sees them. With aelab installed:", _WITH_AELAB.format(trust=trust)]
    if "decode.jax_export" in files:
        said += [
            "With JAX and flatbuffers alone, on a CPU, a CUDA device or a TPU, for any size of the batch:",
            _WITH_JAX,
        ]
    if "decoder.onnx" in files:
        said += ["With ONNX Runtime alone, which takes arrays of numpy:", _WITH_ONNX]
    return "\n\n".join(said)


_WITH_AELAB = """```python
import aelab

model, params, config = aelab.load("."{trust})
z = model.encode(params, x).mode
x_again = model.decode(params, z).mean
```"""
_WITH_JAX = """```python
from pathlib import Path
from jax import export

decode = export.deserialize(bytearray(Path("decode.jax_export").read_bytes()))
x_again = decode.call(z)
```"""
_WITH_ONNX = """```python
import onnxruntime

decoder = onnxruntime.InferenceSession("decoder.onnx")
(x_again,) = decoder.run(None, {"z": z})
```"""
