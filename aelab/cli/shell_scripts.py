"""The completion script of each shell, from what can stand at each place of a command line."""

from collections.abc import Iterator, Sequence

from aelab.cli.shell_words import Place

# What bash and zsh share: `_aelab_find WORD ... CURRENT` prints what may stand last; nothing where it is a file.
FIND = """\
_aelab_find() {
    local place=aelab prev="" word values inside=1
    shift
    while [ $# -gt 1 ]; do
        word=$1; shift; prev=$word
        if [ "$word" = -- ]; then
            place=aelab; inside=1; prev=""
            if [ $# -gt 1 ]; then shift; fi
        elif [ -n "$inside" ] && [ -n "$(_aelab_words "$place $word")" ]; then
            place="$place $word"
        else
            inside=""
        fi
    done
    case "$prev" in --*)
        values=$(_aelab_values "$place $prev")
        if [ "$values" != switch ]; then echo "$values"; return; fi ;;
    esac
    case "$1" in -*) ;; *) if _aelab_files "$place"; then return; fi ;; esac
    _aelab_words "$place"
}
"""
BASH = """\
_aelab() {
    COMPREPLY=($(compgen -W "$(_aelab_find "${COMP_WORDS[@]:0:COMP_CWORD+1}")" -- "${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _aelab aelab
"""
ZSH = """\
_aelab() {
    local found="$(_aelab_find "${(@)words[1,CURRENT]}")"
    compadd -- ${=found} || _files
}
compdef _aelab aelab
"""
FISH = """\
# Whether the words behind aelab are those given, or with `from`, begin with them.
function __aelab_at
    set -l words (commandline -opc)
    set -e words[1]
    set -l place $argv[2..-1]
    if test $argv[1] = from
        test (count $words) -ge (count $place); and set words $words[1..(count $place)]
    end
    test "$words" = "$place"
end
complete -c aelab -f -n '__aelab_at is' -l version -d 'print the version'
"""


def posix(places: Sequence[Place], shell: str) -> str:
    """For bash or zsh."""
    words = [(f'"{_typed(place)}"', " ".join([*place.verbs, *(each.name for each in place.flags)])) for place in places]
    files = "|".join(f'"{_typed(place)}"' for place in places if place.files and not place.verbs)
    parts = [
        *([f"#compdef aelab\n# aelab completion {shell}"] if shell == "zsh" else [f"# aelab completion {shell}"]),
        _function("_aelab_words", words),
        _function("_aelab_values", _values(places)),
        f'_aelab_files() {{\n    case "$1" in\n    {files}) return 0 ;;\n    esac\n    return 1\n}}\n',
        FIND,
        BASH if shell == "bash" else ZSH,
    ]
    return "\n".join(parts).rstrip()


def _typed(place: Place) -> str:
    return " ".join(("aelab", *place.words))


def _function(name: str, cases: Sequence[tuple[str, str]]) -> str:
    lines = "\n".join(f'    {pattern}) echo "{said}" ;;' for pattern, said in cases)
    return f'{name}() {{\n    case "$1" in\n{lines}\n    esac\n}}\n'


def _values(places: Sequence[Place]) -> list[tuple[str, str]]:
    """What follows each flag: its values, `switch` where nothing does; places that agree about a flag share a case."""
    found: dict[tuple[str, str], list[str]] = {}
    for place in places:
        for each in place.flags:
            said = "switch" if each.switch else " ".join(each.values)
            found.setdefault((each.name, said), []).append(f'"{_typed(place)} {each.name}"')
    alone = {name for name, _ in found if sum(name == other for other, _ in found) == 1}
    shared = [(f'*" {name}"' if name in alone else "|".join(at), said) for (name, said), at in found.items()]
    return [case for case in shared if case[1]]


def fish(places: Sequence[Place]) -> str:
    """For fish, which shows what is said of each word."""
    lines = [line for place in places for line in (*_next(place), *_flags(place))]
    return "\n".join(["# aelab completion fish", FISH, *lines])


def _next(place: Place) -> Iterator[str]:
    only = "" if place.files else " -f"
    for word, text in place.verbs.items():
        yield f"complete -c aelab{only} -n '{_at('is', place)}' -a {word} -d {_quoted(text)}"


def _flags(place: Place) -> Iterator[str]:
    for each in place.flags:
        takes = "" if each.switch else f" -x -a '{' '.join(each.values)}'" if each.values else " -r"
        yield f"complete -c aelab -n '{_at('from', place)}' -l {each.name[2:]}{takes} -d {_quoted(each.text)}"


def _at(how: str, place: Place) -> str:
    return " ".join(("__aelab_at", how, *place.words))


def _quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
