"""What a file of plans may say; each plan and each of its entries is read by itself, so that one
mistake hides no other."""

import dataclasses
import re
from collections.abc import Mapping
from typing import Annotated, Any, Final, TypeVar

import yaml
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
)
from yaml.nodes import MappingNode, Node, SequenceNode

from orchestrator.catalog.planfile import nodes
from orchestrator.catalog.planfile.location import Diagnostic, Location
from orchestrator.i18n import marked, tr

M = TypeVar("M", bound=BaseModel)

_BIGGEST: Final = 2**53 - 1
_NUMBER: Final = re.compile(r"[1-9][0-9]{0,17}")
_SELECTORS: Final = ("id", "key", "tag", "nodeid")
_Number = Annotated[int, Field(ge=1, le=_BIGGEST)]
_Text = Annotated[str, StringConstraints(min_length=1, max_length=255, strip_whitespace=True)]
_MESSAGES: Final[Mapping[str, str]] = {
    "missing": marked("`{name}` is missing"),
    "extra_forbidden": marked("unknown key `{name}`; known: {known}"),
    "string_type": marked("`{name}` must be text; put it in quotes"),
    "string_too_short": marked("`{name}` must not be empty"),
    "string_too_long": marked("`{name}` must not be longer than {max_length} characters"),
    "bool_type": marked("`{name}` must be true or false"),
    "int_type": marked("`{name}` must be a whole number"),
    "greater_than_equal": marked("`{name}` must be {ge} or more"),
    "less_than_equal": marked("`{name}` must be {le} or less"),
    "too_short": marked("`{name}` must not be empty"),
}


_ONE_OR_MANY: Final = BeforeValidator(lambda value: value if isinstance(value, list) else [value])


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class _File(_Strict):
    plans: Any


class PlanSpec(_Strict):
    name: _Text
    project: _Number
    #: the plan's number; without one the plan is found by its name.
    id: _Number | None = None
    job: _Text | None = None
    #: machines of one run; a plan without them keeps what was saved.
    shards: Annotated[int, Field(ge=1, le=64)] | None = None
    retry_lost: bool | None = None
    cases: Any


class Entry(_Strict):
    """One line of a plan: which cases, in which rounds (none: in every one)."""

    id: _Number | None = None
    key: _Text | None = None
    tag: _Text | None = None
    nodeid: Annotated[str, StringConstraints(min_length=1)] | None = None
    round: Annotated[list[_Number], _ONE_OR_MANY, Field(min_length=1)] | None = None

    @property
    def selector(self) -> str:
        """How it names its cases."""
        return next(name for name in _SELECTORS if getattr(self, name) is not None)

    @property
    def rounds(self) -> list[int | None]:
        return [*self.round] if self.round else [None]


@dataclasses.dataclass(frozen=True, kw_only=True)
class PlannedPlan:
    #: None where something is wrong with it; the entries can be looked at all the same.
    spec: PlanSpec | None
    #: the project, if that much can be read.
    project: int | None
    location: Location
    entries: list[tuple[Entry, Location]]


def plans_of(text: str) -> tuple[list[PlannedPlan], list[Diagnostic]]:
    """The plans, and everything that is wrong with the file itself."""
    root, diagnostics = nodes.read(text)
    if root is None:
        empty = Diagnostic(Location(), tr("the file is empty; it needs `plans:`"))
        return [], diagnostics or [empty]
    file, wrong = _read(_File, root)
    diagnostics += wrong
    listed = nodes.child(root, "plans")
    if file is None or listed is None:
        return [], diagnostics
    found = _not_a_list(listed, "plans")
    plans = [] if found else [_plan(node, diagnostics) for node in nodes.children(listed)]
    return plans, diagnostics + found


def _plan(node: Node, diagnostics: list[Diagnostic]) -> PlannedPlan:
    spec, wrong = _read(PlanSpec, node)
    diagnostics += wrong
    listed, entries = nodes.child(node, "cases"), []
    if listed is not None:
        diagnostics += _not_a_list(listed, "cases")
        for one in nodes.children(listed):
            entry, wrong = _entry(one)
            diagnostics += wrong
            if entry is not None:
                entries.append((entry, nodes.location(one)))
    project = spec.project if spec else None
    if spec is None:  # it is wrong, but perhaps elsewhere
        named = nodes.child(node, "project")
        text = named.value if named is not None and isinstance(named.value, str) else ""
        project = int(text) if _NUMBER.fullmatch(text) else None
    return PlannedPlan(spec=spec, project=project, location=nodes.location(node), entries=entries)


def _entry(node: Node) -> tuple[Entry | None, list[Diagnostic]]:
    """`1001` is short for `id: 1001`, a text for `key: text`."""
    entry, wrong = _read(Entry, node, short={int: "id", str: "key"})
    if entry is None:
        return None, wrong
    selectors = [name for name in _SELECTORS if getattr(entry, name) is not None]
    if len(selectors) == 1:
        return entry, wrong
    known, given = ", ".join(_SELECTORS), ", ".join(selectors) or tr("none")
    reason = tr("give one of {known}, not {given}", known=known, given=given)
    return None, [*wrong, Diagnostic(nodes.location(node), reason)]


def _not_a_list(node: Node, name: str) -> list[Diagnostic]:
    if isinstance(node, SequenceNode) and node.value:
        return []
    reason = tr("`{name}` must be a list with something in it", name=name)
    return [Diagnostic(nodes.location(node), reason)]


def _read(
    model: type[M], node: Node, short: Mapping[type, str] | None = None
) -> tuple[M | None, list[Diagnostic]]:
    try:
        value = nodes.value(node)
    except yaml.YAMLError as error:
        return None, [nodes.refused(error)]
    if type(value) in (short or {}):
        value = {(short or {})[type(value)]: value}
    elif not isinstance(node, MappingNode):
        expected = tr("expected a mapping with the keys {keys}", keys=", ".join(model.model_fields))
        return None, [Diagnostic(nodes.location(node), expected)]
    try:
        return model.model_validate(value), []
    except ValidationError as error:
        return None, [_diagnostic(model, node, one) for one in error.errors(include_url=False)]


def _diagnostic(model: type[BaseModel], node: Node, error: Any) -> Diagnostic:
    loc, kind = error["loc"], error["type"]
    words = {
        "name": next((part for part in reversed(loc) if isinstance(part, str)), tr("the file")),
        "known": ", ".join(model.model_fields),
        "reason": error["msg"],
        **error.get("ctx", {}),
    }
    said = tr(_MESSAGES.get(kind, "`{name}`: {reason}"), **words)
    return Diagnostic(nodes.location(node, loc, of_key=kind == "extra_forbidden"), said)
