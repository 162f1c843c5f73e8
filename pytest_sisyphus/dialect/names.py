"""Names of variables: what a `${…}` can reach."""

import re
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BeforeValidator, ValidationInfo

from ..errors import TemplateError
from ..located import LocatedDict
from ..render.template import Template, is_template
from .model import Mapping_, Templated
from .reading import reading, refuse, shown, warn

_WANTED = "letters, digits and _, no digit first, no word such as true, null or not"


#: words that are no names in every template: they are asked of the template itself.
_WORDS: Final = frozenset(
    "true false none null undefined not and or if else elif in is contains".split()  # noqa: SIM905 - reads better
)
_WORD: Final = re.compile(r"[^\W\d]\w*")


def _is_reachable(name: str) -> bool:
    if name.isascii() and _WORD.fullmatch(name) and name.lower() not in _WORDS:
        return True  # as nearly all are, and to read a template takes a thousand times as long
    try:
        return Template(f"${{{name}}}").names == {name}
    except TemplateError:
        return False


#: what every template can read; a variable `env` is allowed, and goes over the built-in one.
BUILT_IN: Final = frozenset({"config", "response", "steps", "data", "fixtures"})


def shadowing(name: object, what: str = "a variable") -> str:
    """What is wrong with a name that would hide a built-in one; empty for any other."""
    if name not in BUILT_IN:
        return ""
    return f"{what} called {name!r} would hide the built-in {name!r}; choose another name"


def refuse_shadowing(names: LocatedDict) -> None:
    """Raises `refuse`."""
    for name, place in names.key_places.items():
        if complaint := shadowing(name):
            raise refuse(complaint, place)


def _reachable(name: str) -> str:
    if complaint := shadowing(name):
        raise refuse(complaint)
    if not _is_reachable(name):
        raise refuse(f"no template could read a variable called {shown(name)}: {_WANTED}")
    return name


def _told(value: Any, info: ValidationInfo) -> Any:
    """A variable of any name can be read as `config.variables["any name"]`, so it is no error."""
    if isinstance(value, LocatedDict) and not reading(info).rendered:
        refuse_shadowing(value)
        for name, place in value.key_places.items():
            if isinstance(name, str) and not is_template(name) and not _is_reachable(name):
                warn(f"no template can read {shown(name)} as a variable: {_WANTED}", place)
    return value


VariableName = Annotated[str, AfterValidator(_reachable), Templated()]
Variables = Annotated[Mapping_, BeforeValidator(_told)]
