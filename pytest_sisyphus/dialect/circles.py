"""Variables that refer to each other in a circle, as far as a case file alone can show it."""

import graphlib
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from ..located import LocatedDict, texts
from ..render.template import find_templates, is_template
from .config import Config
from .reading import refuse

_WORD: Final = re.compile(r"\w+")


def refuse_circles(config: Config, steps: Iterable[Any], given: frozenset[str]) -> None:
    """Only of variables that nothing else can give a value: `given` on the command line, a profile,
    the environment, a row, or a step that names them. Raises `refuse`."""
    variables = config.written.get("variables")
    if not isinstance(variables, LocatedDict) or _open_ended(config):
        return
    names = {str(name) for name in variables} - given - _named_in(config.written, but="variables")
    names -= {word for step in steps for text in texts(step.written) for word in _words(text)}
    closed = {name: value for name, value in variables.items() if name in names}
    circle = _circle({name: _surely_read(value) & closed.keys() for name, value in closed.items()})
    if circle:
        chain = " → ".join(circle)
        raise refuse(
            f"variables refer to each other in a circle: {chain}", variables.places[circle[0]]
        )


def _open_ended(config: Config) -> bool:
    """Which variables come from elsewhere is known only when the case runs."""
    environment = config.written.get("env_vars") or {}
    return config.data_source is not None or bool(environment.get("load_from_os"))


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


def _words(text: str) -> list[str]:
    """A step may set a variable that it names, by a script too; a template only reads."""
    return [] if is_template(text) else _WORD.findall(text)


def _surely_read(value: Any) -> frozenset[str]:
    """What the value needs whatever happens: not the names in an `if`, `or` or `default`."""
    return frozenset(name for one in find_templates(value) if one.only_reads for name in one.names)


def _circle(needs: Mapping[str, frozenset[str]]) -> list[str]:
    try:
        graphlib.TopologicalSorter(needs).prepare()
    except graphlib.CycleError as error:
        *circle, _ = reversed(error.args[1])
        start = min(range(len(circle)), key=lambda at: list(needs).index(circle[at]))
        return [*circle[start:], *circle[:start], circle[start]]
    return []
