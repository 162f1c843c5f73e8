"""The forms in which a check may be written, and the long one that each short one stands for."""

from collections.abc import Mapping
from typing import Any, Final

from pytest_sisyphus.extensions.registry import Registry, near
from pytest_sisyphus.extensions.types import CheckType
from pytest_sisyphus.i18n import marked, tr
from pytest_sisyphus.location import LocatedDict, LocatedList, Location
from pytest_sisyphus.spec.context import invalid
from pytest_sisyphus.spec.notation import syntax_hint
from pytest_sisyphus.values.describe import short_json

#: the checks that are made of other checks' outcomes.
LOGIC = ("and", "or", "not")
#: what is called a check and is no `CheckType`, with the keys that it takes.
FORMS: Final[Mapping[str, tuple[str, ...]]] = {
    **dict.fromkeys(LOGIC, ("type", "sub_validations", "description")),
    "each": ("type", "path", "sub_validations", "min", "description", "source", "namespaces"),
    "assert": ("type", "condition", "description"),
}
#: at least one of these keys stands in what is no short form.
_KEYS_OF_LONG_FORM: Final = frozenset({"path", "expect", "sub_validations", "condition"})
EACH_FORM: Final = "each: [$.items, [{gt: [$.price, 0]}]]"
ASSERT_FORM: Final = marked('assert: "${{uid}} == 7", or assert: ["${{uid}} == 7", description]')


def registered_check(kinds: Registry[CheckType], name: str, location: Location | None) -> CheckType:
    """Raises `invalid` with names that come near, of `FORMS` too."""
    if name not in kinds:
        if name == "xpath":
            hint = tr("; write {form}", form="{type: eq, source: xml, path: //a, expect: …}")
        elif str(name).startswith("$"):
            hint = tr("; write {form}", form=f"eq: [{name}, …]")
        else:
            hint = near(name, (*kinds.names, *FORMS))
        raise invalid(tr("no check {name!r}{hint}", name=name, hint=hint), location)
    return kinds[name]


def long_form(written: LocatedDict, kinds: Registry[CheckType]) -> LocatedDict:
    """The long form of `name: value`."""
    (name,) = written
    value, location, key_location = (
        written[name],
        written.locations[name],
        written.key_locations[name],
    )
    if name not in FORMS:
        registered_check(kinds, name, key_location)
    made = LocatedDict(written.location)
    made.put("type", name, location=key_location, key_location=key_location)
    if isinstance(value, LocatedDict) and _KEYS_OF_LONG_FORM & value.keys():
        return made.merge(value)
    inside = (
        list(zip(value, value.locations, strict=True)) if isinstance(value, LocatedList) else []
    )
    for key, item in _short_values(name, value, kinds, location).items():
        own = next((there for one, there in inside if one is item), location)
        made.put(key, item, location=own, key_location=key_location)
    return made


def _short_values(
    name: str, value: Any, kinds: Registry[CheckType], location: Location
) -> dict[str, Any]:
    if name in LOGIC:
        return {"sub_validations": value}
    if name == "assert":
        return _condition_and_description(value, location)
    if name == "each":
        return _path_and_checks(value, location)
    kind = kinds[name]
    begins_with_path = isinstance(value, list) and str(next(iter(value), "")).startswith("$")
    if kind.default_path is not ... and not begins_with_path:
        return {"expect": value}
    return _path_and_rest(name, value, kind, location)


def _condition_and_description(value: Any, location: Location) -> dict[str, Any]:
    values = value if isinstance(value, list) else [value]
    if not 1 <= len(values) <= 2 or isinstance(values[0], dict | list):
        said = tr("write {form}; got {value}", form=tr(ASSERT_FORM), value=short_json(value))
        raise invalid(said, location)
    if isinstance(values[0], str) and values[0].lstrip().startswith(("$.", "$[")):
        said = tr(
            "'assert' is a condition on variables and takes no path; write a check with a path, "
            "as in eq: [{path}, 5]",
            path=values[0].split()[0],
        )
        raise invalid(said, getattr(values[0], "location", location))
    if len(values) == 2 and not isinstance(values[1], str):
        said = tr(
            "after the condition of 'assert' stands a description; write {form}",
            form=tr(ASSERT_FORM),
        )
        raise invalid(said, value.locations[1] if isinstance(value, LocatedList) else location)
    return dict(zip(("condition", "description"), values, strict=False))


def _path_and_checks(value: Any, location: Location) -> dict[str, Any]:
    values = value if isinstance(value, list) else [value]
    keys = ("path", "sub_validations", "description")
    if not 2 <= len(values) <= len(keys) or not isinstance(values[0], str):
        raise invalid(
            tr(
                "the short form is '{form}', got {value}; with min it is "
                "{{type: each, path: $.items, min: 0, sub_validations: […]}}",
                form=EACH_FORM,
                value=short_json(value),
            ),
            location,
        )
    return dict(zip(keys, values, strict=False))


def _path_second(name: str, values: list[Any]) -> str:
    """A hint for `[7, $.id]`."""
    path = values[1] if len(values) > 1 else None
    if not isinstance(path, str) or not path.startswith("$"):
        return ""
    said = short_json(values[0])
    return tr("; the path comes first: {form}", form=f"{name}: [{path}, {said}]")


def _path_and_rest(name: str, value: Any, kind: CheckType, location: Location) -> dict[str, Any]:
    values = value if isinstance(value, list) else [value]
    keys = ("path", "expect", "description")
    if len(values) > len(keys) and isinstance(values[0], str):
        raise invalid(
            tr(
                "{name!r} has {count} values, and takes at most 3: [path, {expect}, description]; "
                "what is expected may be a list: [path, [one, other]]",
                name=name,
                count=len(values),
                expect=kind.short_expect,
            ),
            location,
        )
    if not 1 <= len(values) <= len(keys) or not isinstance(values[0], str):
        raise invalid(
            tr(
                "the short form is '{name}: [path, {expect}]' or '{name}: [path, {expect}, "
                "description]', got {value}{hint}",
                name=name,
                expect=kind.short_expect,
                value=short_json(value),
                hint=_path_second(name, values),
            ),
            location,
        )
    form = f"'{name}: [path, {kind.short_expect}]'"
    if len(values) == 1 and kind.default_expect is ...:
        hint = syntax_hint(values[0], anywhere=True)
        said = tr("{name!r} needs an expected value: {form}{hint}", name=name, form=form, hint=hint)
        raise invalid(said, location)
    if len(values) == len(keys) and not isinstance(values[2], str):
        third = value.locations[2] if isinstance(value, LocatedList) else location
        said = tr(
            "after what {name!r} expects stands a description; write {form}", name=name, form=form
        )
        raise invalid(said, third)
    return dict(zip(keys, values, strict=False))
