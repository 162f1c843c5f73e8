"""How a filter `[?…]` may be written."""

import re
from collections.abc import Callable
from typing import Final, NoReturn

from pytest_sisyphus.extract.jsonpath.filter_syntax import (
    ComparisonExpr,
    CountFunction,
    FilterExpr,
    FilterLiteral,
    FilterQuery,
    LogicalExpr,
    MatchExpr,
    NotExpr,
    Operand,
)
from pytest_sisyphus.extract.jsonpath.scanner import Scanner, unescaped, unescaped_pattern
from pytest_sisyphus.extract.jsonpath.syntax import LengthSelector, Segment
from pytest_sisyphus.i18n import tr
from pytest_sisyphus.values.numbers import number

_OPERATOR: Final = re.compile(r"===?|!==?|<=|>=|<>|=~|<|>|=")
_SPELLINGS: Final = {"=": "==", "===": "==", "!==": "!=", "<>": "!="}
_MIRRORED: Final = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "==": "==", "!=": "!="}
_NUMBER: Final = re.compile(r"-?\d{1,300}(\.\d{1,300})?([eE][+-]?\d{1,3})?(?![\w.-])")
_WORD: Final = re.compile(r"(?:[\w-]|[^\x00-\x7f\s])+")
_FUNCTION: Final = re.compile(r"(length|count|match|search)\s*\(")
_SLASHED: Final = re.compile(r"/((?:[^/\\]|\\.)*)/(i?)")
_AND: Final = re.compile(r"&&?|and\b")
_OR: Final = re.compile(r"\|\||or\b")
_NOT: Final = re.compile(r"!|not\b(?=\s*[@($])")
_LITERALS: Final = {
    "true": True,
    "True": True,
    "false": False,
    "False": False,
    "null": None,
    "None": None,
}


class FilterParser:
    """Reads what stands after `?`. `read_path(bare)` reads the segments of a path inside a filter:
    after its `@` or `$`, or (bare) from its first name on."""

    def __init__(self, scanner: Scanner, read_path: Callable[[bool], tuple[Segment, ...]]) -> None:
        self.scanner = scanner
        self.read_path = read_path

    def test(self) -> FilterExpr:
        self.scanner.descend()
        tests = [self._logical_and()]
        while self.scanner.match(_OR):
            tests.append(self._logical_and())
        self.scanner.ascend()
        return tests[0] if len(tests) == 1 else LogicalExpr("or", tuple(tests))

    def _logical_and(self) -> FilterExpr:
        tests = [self._basic()]
        while self.scanner.match(_AND):
            tests.append(self._basic())
        return tests[0] if len(tests) == 1 else LogicalExpr("and", tuple(tests))

    def _basic(self) -> FilterExpr:
        self.scanner.skip_blank()
        start = self.scanner.position
        is_negated = bool(self.scanner.match(_NOT))
        self.scanner.skip_blank()
        if self.scanner.accept("("):
            test = self.test()
            self.scanner.expect(")")
        else:
            test = self._comparison()
            if is_negated and isinstance(test, ComparisonExpr):
                self._refuse(start, tr("brackets around what is negated: !(@.a == 1)"))
        self.scanner.skip_blank()
        return NotExpr(test) if is_negated else test

    def _comparison(self) -> FilterExpr:
        start = self.scanner.position
        function = self.scanner.match(_FUNCTION)
        if function and function[1] in {"match", "search"}:
            return self._matching(whole=function[1] == "match")
        self.scanner.position = start
        left = self._operand(is_left=True)
        self.scanner.skip_blank()
        operator = self.scanner.match(_OPERATOR)
        if operator:
            self.scanner.skip_blank()
            return self._compared(start, left, _SPELLINGS.get(operator[0], operator[0]))
        if isinstance(left, FilterQuery) and not left.from_root:
            return left
        return self._refuse(start, tr("a comparison, or a path that begins with `@` alone"))

    def _compared(self, start: int, left: Operand, operator: str) -> FilterExpr:
        if operator == "=~":
            slashed = self.scanner.match(_SLASHED)
            raw = slashed[1] if slashed else self.scanner.quoted()
            if raw is None:
                self.scanner.fail(tr("a pattern in quotes or slashes"))
            if not isinstance(left, FilterQuery) or not left.is_singular:
                self._refuse(start, tr("a path to one value before `=~`"))
            return MatchExpr(left, unescaped_pattern(raw), bool(slashed and slashed[2]))
        right = self._operand(is_left=False)
        for side in (left, right):
            if isinstance(side, FilterQuery) and not side.is_singular:
                self._refuse(
                    start, tr("a comparison of single values (of several: [?@.tags[?@=='x']])")
                )
        if not isinstance(left, FilterLiteral):
            return ComparisonExpr(left, operator, right)
        if not isinstance(right, FilterLiteral):
            return ComparisonExpr(right, _MIRRORED[operator], left)
        return self._refuse(start, tr("a comparison with a path, such as @.id == 1"))

    def _matching(self, *, whole: bool) -> FilterExpr:
        """`match(@.a, 'x')`, `search(@.a, 'x')`; the name and its bracket are read."""
        query = self._argument(lambda query: query.is_singular)
        self.scanner.expect(",")
        self.scanner.skip_blank()
        raw = self.scanner.quoted()
        if raw is None:
            self.scanner.fail(tr("a pattern in quotes"))
        self.scanner.skip_blank()
        self.scanner.expect(")")
        pattern = unescaped_pattern(raw)
        return MatchExpr(query, rf"\A(?:{pattern})\Z" if whole else pattern)

    def _argument(self, fits: Callable[[FilterQuery], bool]) -> FilterQuery:
        self.scanner.skip_blank()
        start = self.scanner.position
        query = self._query()
        if query is None or not fits(query):
            self._refuse(start, tr("a path to one value, beginning with `@` or `$`"))
        self.scanner.skip_blank()
        return query

    def _operand(self, *, is_left: bool) -> Operand:
        raw = self.scanner.quoted()
        if raw is not None:
            return FilterLiteral(unescaped(raw))
        literal = self.scanner.match(_NUMBER)
        if literal:
            return FilterLiteral(
                number(literal[0]) if literal[1] or literal[2] else int(literal[0])
            )
        return self._function() or self._query() or self._word(is_left=is_left)

    def _function(self) -> Operand | None:
        function = self.scanner.match(_FUNCTION)
        if not function:
            return None
        if function[1] == "count":
            counted = CountFunction(self._argument(lambda query: not query.from_root))
            self.scanner.expect(")")
            return counted
        if function[1] != "length":
            self.scanner.fail(
                tr("length() or count(); match() and search() are tests of their own")
            )
        query = self._argument(lambda query: query.is_singular)
        self.scanner.expect(")")
        return FilterQuery(
            query.from_root, (*query.segments, Segment((LengthSelector(),), self.scanner.position))
        )

    def _query(self) -> FilterQuery | None:
        start = self.scanner.position
        from_root = self.scanner.accept("$")
        if not from_root and not self.scanner.accept("@"):
            return None
        return self._checked(start, FilterQuery(from_root, self.read_path(False)))

    def _checked(self, start: int, query: FilterQuery) -> FilterQuery:
        """Only what costs no more than looking at one item's own level: filters run per item."""
        if any(segment.is_descendant or len(segment.selectors) > 1 for segment in query.segments):
            self._refuse(start, tr("a path without `..` or unions (inside a filter)"))
        if len(query.segments) > 30:
            self._refuse(start, tr("a path of at most 30 steps (inside a filter)"))
        if query.from_root and not query.is_singular:
            self._refuse(start, tr("a path from `$` to one value (inside a filter)"))
        return query

    def _word(self, *, is_left: bool) -> Operand:
        """A bare word: a literal, on the left a key of the item, on the right a text."""
        start = self.scanner.position
        word = self.scanner.match(_WORD)
        if not word:
            self.scanner.fail(
                tr("a path (@.name), a text in quotes, a number, true, false or null")
            )
        if word[0] in _LITERALS and not self.scanner.sees(".", "["):
            return FilterLiteral(_LITERALS[word[0]])
        if is_left:
            self.scanner.position = start
            return self._checked(start, FilterQuery(from_root=False, segments=self.read_path(True)))
        if self.scanner.sees(".", "[", "("):
            self._refuse(start, tr("a text in quotes, or a path that begins with `@`"))
        return FilterLiteral(word[0])

    def _refuse(self, start: int, expected: str) -> NoReturn:
        self.scanner.position = start
        self.scanner.fail(expected)
