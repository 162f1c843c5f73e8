"""Names of variables: what a `${…}` can reach."""

from typing import Annotated, Any, Final

from pydantic import AfterValidator, BeforeValidator, ValidationInfo

from pytest_sisyphus.errors import TemplateError
from pytest_sisyphus.i18n import tr
from pytest_sisyphus.location import LocatedDict
from pytest_sisyphus.spec.context import context_of, invalid, warn
from pytest_sisyphus.spec.fields import MappingField, Templated
from pytest_sisyphus.template.template import Template, is_template
from pytest_sisyphus.values.describe import short_json
from pytest_sisyphus.values.lazy_pattern import lazy_pattern

#: words that are no names in every template: they are asked of the template itself.
_WORDS: Final = frozenset(
    "true false none null undefined not and or if else elif in is contains".split()  # noqa: SIM905 - reads better
)
_WORD: Final = lazy_pattern(r"[^\W\d]\w*")


def _is_reachable(name: str) -> bool:
    if name.isascii() and _WORD.fullmatch(name) and name.lower() not in _WORDS:
        return True  # as nearly all are, and to read a template takes a thousand times as long
    try:
        return Template(f"${{{name}}}").names == {name}
    except TemplateError:
        return False


#: what every template can read; a variable `env` is allowed, and goes over the built-in one.
BUILT_IN: Final = frozenset({"config", "response", "steps", "data", "fixtures"})


def shadowing(name: object, what: str = "") -> str:
    """What is wrong with a name that would hide a built-in one; empty for any other. `what`: `a
    column`, in the language of messages; a variable, if not given."""
    if name not in BUILT_IN:
        return ""
    return tr(
        "{what} called {name!r} would hide the built-in {name!r}; choose another name",
        what=what or tr("a variable"),
        name=name,
    )


def check_not_shadowing(names: LocatedDict) -> None:
    """Raises `refuse`."""
    for name, location in names.key_locations.items():
        if complaint := shadowing(name):
            raise invalid(complaint, location)


def unusable_name(name: str) -> str:
    """What is wrong with the name of a variable; empty: nothing."""
    if complaint := shadowing(name):
        return complaint
    if _is_reachable(name):
        return ""
    return tr(
        "no template could read a variable called {name}: letters, digits and _, no digit first, "
        "no word such as true, null or not",
        name=short_json(name),
    )


def _refuse_unreachable(name: str) -> str:
    if complaint := unusable_name(name):
        raise invalid(complaint)
    return name


def _warn_of_unreachable(value: Any, info: ValidationInfo) -> Any:
    """A warning and no error: a variable of any name is read by `config.variables["any name"]`."""
    if isinstance(value, LocatedDict) and not context_of(info).rendered:
        check_not_shadowing(value)
        for name, location in value.key_locations.items():
            if isinstance(name, str) and not is_template(name) and not _is_reachable(name):
                said = tr(
                    "no template can read {name} as a variable: letters, digits and _, no digit "
                    "first, no word such as true, null or not",
                    name=short_json(name),
                )
                warn(said, location)
    return value


VariableName = Annotated[str, AfterValidator(_refuse_unreachable), Templated()]
Variables = Annotated[MappingField, BeforeValidator(_warn_of_unreachable)]
