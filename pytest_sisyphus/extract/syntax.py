"""What a path says, as data: the parser makes it, `jsonpath` hands it to the library."""

import dataclasses
from typing import Any, Literal, TypeAlias


@dataclasses.dataclass(frozen=True, slots=True)
class Name:
    text: str


@dataclasses.dataclass(frozen=True, slots=True)
class Position:
    index: int


@dataclasses.dataclass(frozen=True, slots=True)
class Span:
    start: int | None
    stop: int | None
    step: int


@dataclasses.dataclass(frozen=True, slots=True)
class Every:
    pass


@dataclasses.dataclass(frozen=True, slots=True)
class Length:
    """`.length()`, or with `or_key` `.length`: first a key of that name."""

    or_key: bool = False


@dataclasses.dataclass(frozen=True, slots=True)
class Chosen:
    test: "Test"


Selector: TypeAlias = Name | Position | Span | Every | Length | Chosen


@dataclasses.dataclass(frozen=True, slots=True)
class Segment:
    """One step down: `.name`, `[0, 1]`, `..*`."""

    selectors: tuple[Selector, ...]
    #: where its spelling ends in the path's text.
    end: int
    #: written with `..`: applied to every container below, too.
    descends: bool = False

    @property
    def is_several(self) -> bool:
        return (
            self.descends
            or len(self.selectors) > 1
            or isinstance(self.selectors[0], Every | Span | Chosen)
        )

    @property
    def is_choice(self) -> bool:
        """It takes some of what is there, and names none of it."""
        chooses = all(isinstance(one, Every | Span | Chosen) for one in self.selectors)
        return chooses and not self.descends

    @property
    def is_call(self) -> bool:
        return self.selectors == (Length(),)


@dataclasses.dataclass(frozen=True, slots=True)
class Query:
    """A path inside a filter."""

    from_root: bool
    segments: tuple[Segment, ...]

    @property
    def is_singular(self) -> bool:
        return not any(segment.is_several for segment in self.segments)


@dataclasses.dataclass(frozen=True, slots=True)
class Count:
    query: Query


@dataclasses.dataclass(frozen=True, slots=True)
class Value:
    """A literal in a filter."""

    value: Any


Operand: TypeAlias = Query | Count | Value


@dataclasses.dataclass(frozen=True, slots=True)
class Compare:
    left: Query | Count
    operator: str
    right: Operand


@dataclasses.dataclass(frozen=True, slots=True)
class Match:
    query: Query
    pattern: str
    any_case: bool = False


@dataclasses.dataclass(frozen=True, slots=True)
class Not:
    test: "Test"


@dataclasses.dataclass(frozen=True, slots=True)
class Joined:
    kind: Literal["and", "or"]
    tests: tuple["Test", ...]


Test: TypeAlias = Query | Compare | Match | Not | Joined
