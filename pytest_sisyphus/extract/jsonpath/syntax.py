"""What a path says, as data: the parser makes it, `jsonpath` hands it to the library."""

from typing import Any, Literal, TypeAlias

from pytest_sisyphus.values.record import record


@record(kw_only=False)
class NameSelector:
    text: str


@record(kw_only=False)
class IndexSelector:
    index: int


@record(kw_only=False)
class SliceSelector:
    start: int | None
    stop: int | None
    step: int


@record(kw_only=False)
class WildcardSelector:
    pass


@record(kw_only=False)
class LengthSelector:
    """`.length()`, or with `or_key` `.length`: first a key of that name."""

    or_member: bool = False


@record(kw_only=False)
class FilterSelector:
    test: "FilterExpr"


Selector: TypeAlias = (
    NameSelector
    | IndexSelector
    | SliceSelector
    | WildcardSelector
    | LengthSelector
    | FilterSelector
)


@record(kw_only=False)
class Segment:
    """One step down: `.name`, `[0, 1]`, `..*`."""

    selectors: tuple[Selector, ...]
    #: where its spelling ends in the path's text.
    end: int
    #: written with `..`: applied to every container below, too.
    is_descendant: bool = False

    @property
    def selects_many(self) -> bool:
        return (
            self.is_descendant
            or len(self.selectors) > 1
            or isinstance(self.selectors[0], WildcardSelector | SliceSelector | FilterSelector)
        )

    @property
    def is_selection(self) -> bool:
        """It takes some of what is there, and names none of it."""
        chooses = all(
            isinstance(one, WildcardSelector | SliceSelector | FilterSelector)
            for one in self.selectors
        )
        return chooses and not self.is_descendant

    @property
    def is_call(self) -> bool:
        return self.selectors == (LengthSelector(),)


@record(kw_only=False)
class FilterQuery:
    """A path inside a filter."""

    from_root: bool
    segments: tuple[Segment, ...]

    @property
    def is_singular(self) -> bool:
        return not any(segment.selects_many for segment in self.segments)


@record(kw_only=False)
class CountFunction:
    query: FilterQuery


@record(kw_only=False)
class FilterLiteral:
    """A literal in a filter."""

    value: Any


Operand: TypeAlias = FilterQuery | CountFunction | FilterLiteral


@record(kw_only=False)
class ComparisonExpr:
    left: FilterQuery | CountFunction
    operator: str
    right: Operand


@record(kw_only=False)
class MatchExpr:
    query: FilterQuery
    pattern: str
    any_case: bool = False


@record(kw_only=False)
class NotExpr:
    test: "FilterExpr"


@record(kw_only=False)
class LogicalExpr:
    kind: Literal["and", "or"]
    tests: tuple["FilterExpr", ...]


FilterExpr: TypeAlias = FilterQuery | ComparisonExpr | MatchExpr | NotExpr | LogicalExpr
