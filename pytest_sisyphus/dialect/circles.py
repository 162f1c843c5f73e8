"""Variables that refer to each other in a circle, as far as a case file alone can show it."""

import graphlib
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from ..errors import TemplateError
from ..located import LocatedDict, Place, texts
from ..render.template import find_templates, is_template
from .reading import Reading
from .written import WrittenStep, step_keys

_WORD: Final = re.compile(r"\w+")

#: a step's own keys whose words are no variables that it sets.
_SET_NOTHING: Final = frozenset({"name", "type", "description", "depends_on", "method", "url"})


def circle_of(
    config: LocatedDict, steps: Iterable[WrittenStep], context: Reading
) -> tuple[str, Place] | None:
    """What is said, and where. Only of variables that nothing else can give a value: the command
    line, a profile, the environment, a row, or a step that names them."""
    variables = config.get("variables")
    if not isinstance(variables, LocatedDict) or _open_ended(config):
        return None
    reads = {str(name): _surely_read(value) for name, value in variables.items()}
    if not any(reads.values()):
        return None  # before every word of every step is looked at
    names = reads.keys() - context.given
    names -= _named_in(config, but="variables")
    names -= {word for step in steps for word in _words_of(step.written, context)}
    circle = _circle({name: read & names for name, read in reads.items() if name in names})
    if not circle:
        return None
    chain = " → ".join(circle)
    return f"variables refer to each other in a circle: {chain}", variables.places[circle[0]]


def _open_ended(config: LocatedDict) -> bool:
    """Which variables come from elsewhere is known only when the case runs."""
    environment = config.get("env_vars") or {}
    loads = isinstance(environment, Mapping) and environment.get("load_from_os")
    return config.get("data_source") is not None or bool(loads)


def _named_in(written: LocatedDict, *, but: str) -> set[str]:
    """Every key in the other sections: profiles, env_vars, base_url, …"""
    found = {str(key) for key in written}
    waiting = [value for key, value in written.items() if key != but]
    while waiting:
        one = waiting.pop()
        if isinstance(one, Mapping):
            found.update(map(str, one))
            waiting.extend(one.values())
    return found


def _words_of(step: LocatedDict, context: Reading) -> Iterator[str]:
    """A step may set a variable that it names, by a script too; a template only reads."""
    looked_at = step.keys() - _SET_NOTHING - set(step_keys(step, context))
    for key in looked_at:
        for text in texts({key: step[key]}):
            if not is_template(text):
                yield from _WORD.findall(text)


def _surely_read(value: Any) -> frozenset[str]:
    """What the value needs whatever happens: not the names in an `if`, `or` or `default`."""
    try:
        found = list(find_templates(value))
    except TemplateError:  # a complaint of its own
        return frozenset()
    return frozenset(name for one in found if one.only_reads for name in one.names)


def _circle(needs: Mapping[str, frozenset[str]]) -> list[str]:
    try:
        graphlib.TopologicalSorter(needs).prepare()
    except graphlib.CycleError as error:
        *circle, _ = reversed(error.args[1])
        start = min(range(len(circle)), key=lambda at: list(needs).index(circle[at]))
        return [*circle[start:], *circle[:start], circle[start]]
    return []
