"""The script of a sweep, from the word that names it: one of this package, a file, or a module of the user's own."""

from pathlib import Path
from types import ModuleType

from aelab.config.spelling import nearest
from aelab.errors import ConfigError
from aelab.runs import own_scripts, scripts
from aelab.sweeps.plan import Script


def find_script(word: str) -> Script:
    """The script of one run behind `vae`, `path/to/script.py` or `package.module`, with its settings and its recipe.

    Raises:
        ConfigError: there is none, it cannot be imported, or it makes a table of several runs.
    """
    script = find_module(word)
    if not hasattr(script, "build") and scripts.is_ours(script):
        raise ConfigError(f"{word}: makes a table of its own, as aelab task {word}; name a script of one run, as vae")
    if not hasattr(script, "build") or not hasattr(script, "Config"):
        raise ConfigError(f"{word}: no script that trains one run; it needs a `Config` and a `build`")
    return script_of(script)


def find_module(word: str) -> ModuleType:
    """The script behind a word, whatever it makes.

    Raises:
        ConfigError: there is none, or it cannot be imported.
    """
    if word.endswith(".py"):
        return _imported(word, own_scripts.from_file, Path(word).resolve())
    if "." in word:
        return _imported(word, own_scripts.from_name, word)
    names = [path.stem for path in sorted(scripts.FOLDER.glob("[a-z]*.py"))]
    if word not in names:
        more = "; one of your own goes by its path, as path/to/script.py"
        raise ConfigError(f"{word}: no such script in experiments{nearest(word, names)}{more}")
    return scripts.module(word)


def _imported(word: str, take, what) -> ModuleType:
    """A user's own script, or the one line that says what it raised."""
    try:
        return take(what)
    except Exception as error:
        said = f"{type(error).__name__}: {error}".splitlines()[0]
        raise ConfigError(f"{word}: cannot be imported ({said}); mend that") from None


def script_of(script: ModuleType) -> Script:
    """What a sweep needs of a script of one run."""
    return Script(scripts.name_of(script), script.Config, script.build, scripts.start(script))
