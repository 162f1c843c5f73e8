"""Variables that refer to each other in a circle, as far as a case file alone can show it."""

import contextlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from pytest_sisyphus.errors import TemplateError
from pytest_sisyphus.i18n import tr
from pytest_sisyphus.location import LocatedDict, Location, texts
from pytest_sisyphus.spec.context import ValidationContext
from pytest_sisyphus.spec.raw_steps import RawStep, step_keys
from pytest_sisyphus.template.template import find_templates, is_template
from pytest_sisyphus.values.lazy_pattern import lazy_pattern

_WORD: Final = lazy_pattern(r"\w+")

#: a step's own keys whose words are no variables that it sets.
_SET_NOTHING: Final = frozenset({"name", "type", "description", "depends_on", "method", "url"})


def cycle_of(
    config: LocatedDict, steps: Iterable[RawStep], context: ValidationContext
) -> tuple[str, Location] | None:
    """What is said, and where. Only of variables that nothing else can give a value: the command
    line, a profile, the environment, a row, or a step that names them."""
    variables = config.get("variables")
    if not isinstance(variables, LocatedDict):
        return None
    environment = config.get("env_vars")
    loads = isinstance(environment, Mapping) and environment.get("load_from_os")
    if loads or config.get("data_source") is not None:
        return None  # which variables come from elsewhere is known only when the case runs
    #: what each needs whatever happens: not the names in an `if`, `or` or `default`.
    reads: dict[str, set[str]] = {}
    for name, value in variables.items():
        with contextlib.suppress(TemplateError):  # a diagnostic of its own
            found = [one for one in find_templates(value) if one.is_plain_lookup]
            reads[str(name)] = {read for one in found for read in one.names}
    if not any(reads.values()):
        return None  # before every word of every step is looked at
    import graphlib  # noqa: PLC0415 - only where variables read others

    names = reads.keys() - context.given
    names -= set(map(str, config))
    names -= set(map(str, _keys([value for key, value in config.items() if key != "variables"])))
    names -= {word for step in steps for word in _words_of(step.raw, context)}
    needs = {name: read & names for name, read in reads.items() if name in names}
    try:
        graphlib.TopologicalSorter(needs).prepare()
    except graphlib.CycleError as error:
        *cycle, _ = reversed(error.args[1])
        start = min(range(len(cycle)), key=lambda at: list(needs).index(cycle[at]))
        chain = " → ".join([*cycle[start:], *cycle[:start], cycle[start]])
        location = variables.locations[cycle[start]]
        return tr("variables refer to each other in a circle: {chain}", chain=chain), location
    return None


def _keys(values: list[Any]) -> Iterator[Any]:
    """Every key of mappings in mappings: of profiles, env_vars, …"""
    while values:
        one = values.pop()
        if isinstance(one, Mapping):
            yield from one
            values.extend(one.values())


def _words_of(step: LocatedDict, context: ValidationContext) -> Iterator[str]:
    """A step may set a variable that it names, by a script too; a template only reads."""
    looked_at = step.keys() - _SET_NOTHING - set(step_keys(step, context))
    for key in looked_at:
        for text in texts({key: step[key]}):
            if not is_template(text):
                yield from _WORD.findall(text)
