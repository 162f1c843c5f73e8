"""What the filters of a path say, as data."""

from typing import Any, Literal, TypeAlias

from pytest_sisyphus.extract.jsonpath.syntax import Segment
from pytest_sisyphus.values.record import record


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
