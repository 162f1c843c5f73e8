"""How a path may be written: RFC 9535, and the spellings that our users' files have.

Beyond the RFC: no leading `$` (`data.id`), unquoted names in brackets, `.length`, `.length()`,
and in filters `=`, `=~`, `and`/`or`/`not`, bare names (`[?id=1]`) and bare words (`[?type=book]`).
Nothing here or later evaluates code: what is not listed is refused with its place.
"""

import re
from typing import TYPE_CHECKING, Final

from pytest_sisyphus.errors import ConfigError
from pytest_sisyphus.extract.jsonpath.scanner import Scanner, unescaped
from pytest_sisyphus.extract.jsonpath.syntax import (
    FilterSelector,
    IndexSelector,
    LengthSelector,
    NameSelector,
    Segment,
    Selector,
    SliceSelector,
    WildcardSelector,
)
from pytest_sisyphus.i18n import tr
from pytest_sisyphus.values.lazy_pattern import lazy_pattern

if TYPE_CHECKING:  # few paths have a filter
    from pytest_sisyphus.extract.jsonpath.filter_syntax import FilterExpr

#: hardly the name of a key.
_WIDE_ROOT: Final = lazy_pattern(r"[＄￥](?:[.．。\[［【]|\Z)")
_NAME: Final = lazy_pattern(r"""[^\s.\[\]()'"`*,;?=<>!&|~]+""")
_NAME_IN_FILTER: Final = lazy_pattern(r"(?:[\w-]|[^\x00-\x7f\s])+")
_LENGTH: Final = lazy_pattern(r"(?:length|len|size)\s*\(\s*\)|`(?:len|length)`")
_SLICE: Final = lazy_pattern(r"(-?\d{1,15})?\s*:\s*(-?\d{1,15})?(?:\s*:\s*(-?\d{1,15})?)?")
_INDEX: Final = lazy_pattern(r"-?\d{1,15}(?![\w-])")


def parse(text: str) -> tuple[Segment, ...]:
    """Raises ConfigError that names what is wrong and where."""
    scanner = Scanner(text.strip())
    found: list[Segment] = []
    if scanner.sees("/"):
        raise ConfigError(
            tr(
                "the path {path!r} begins with a slash, as an XPath does: a check reads one with "
                "source: xml or source: html, an extractor with type: xpath; a JSON key of that "
                "name is $['{name}']",
                path=text[:80],
                name=text.strip()[:80],
            )
        )
    if _WIDE_ROOT.match(scanner.text):
        scanner.fail(tr("`$` or a name (a key of that name: ['{sign}'])", sign=scanner.text[0]))
    if not scanner.accept("$") and not scanner.sees("["):
        found.append(_dotted(scanner, is_descendant=False, name=_NAME))
    found += _segments(scanner, _NAME)
    if not scanner.at_end:
        scanner.fail(tr("`.`, `..` or `[`" if found else "`.`, `..` or `[` after `$`"))
    return tuple(found)


def _segments(scanner: Scanner, name: re.Pattern[str]) -> list[Segment]:
    found: list[Segment] = []
    while scanner.sees(".", "["):
        if found and found[-1].is_call:
            scanner.fail(tr("nothing after a length()"))
        is_descendant = scanner.accept("..")
        dot = is_descendant or scanner.accept(".")
        if scanner.sees("["):
            scanner.expect("[")
            selectors = [_selector(scanner)]
            while scanner.accept(","):
                selectors.append(_selector(scanner))
            scanner.expect("]")
            found.append(Segment(tuple(selectors), scanner.position, is_descendant))
        elif dot:
            found.append(_dotted(scanner, is_descendant=is_descendant, name=name))
    return found


def _dotted(scanner: Scanner, *, is_descendant: bool, name: re.Pattern[str]) -> Segment:
    selector = _after_dot(scanner, name)
    if is_descendant and isinstance(selector, LengthSelector) and not selector.or_member:
        scanner.fail(tr("a name after `..`, not a length()"))
    if is_descendant and isinstance(selector, LengthSelector):
        selector = NameSelector("length")  # `..length` looks for keys; every list has a length
    return Segment((selector,), scanner.position, is_descendant)


def _after_dot(scanner: Scanner, name: re.Pattern[str]) -> Selector:
    if scanner.accept("*"):
        return WildcardSelector()
    if scanner.match(_LENGTH):
        return LengthSelector()
    quoted = scanner.quoted()
    if quoted is not None:
        return NameSelector(unescaped(quoted))
    start = scanner.position
    found = scanner.match(name)
    if not found:
        scanner.fail(tr("a name, `*` or `[` (a name with other characters: ['the name'])"))
    if scanner.sees("("):
        scanner.position = start
        scanner.fail(tr("a name or length(), the only function that may stand here"))
    return LengthSelector(or_member=True) if found[0] == "length" else NameSelector(found[0])


def _filter_expr(scanner: Scanner) -> "FilterExpr":
    from pytest_sisyphus.extract.jsonpath.filters import FilterParser  # noqa: PLC0415 - 1 ms; few paths have filters

    def read_path(bare: bool) -> tuple[Segment, ...]:
        first = [_dotted(scanner, is_descendant=False, name=_NAME_IN_FILTER)] if bare else []
        return (*first, *_segments(scanner, _NAME_IN_FILTER))

    return FilterParser(scanner, read_path).test()


def _selector(scanner: Scanner) -> Selector:
    scanner.skip_blank()
    selector = _inside_brackets(scanner)
    scanner.skip_blank()
    return selector


def _inside_brackets(scanner: Scanner) -> Selector:
    quoted = scanner.quoted()
    if quoted is not None:
        return NameSelector(unescaped(quoted))
    if scanner.accept("*"):
        return WildcardSelector()
    if scanner.accept("?"):
        return FilterSelector(_filter_expr(scanner))
    if scanner.sees("("):
        scanner.fail(tr("no script expression (nothing is evaluated; [-1] is the last item)"))
    selector = _numbered(scanner)
    if selector is not None:
        return selector
    name = scanner.match(_NAME_IN_FILTER)
    if not name:
        scanner.fail(tr("a quoted name, an index, a slice, `*` or a filter `?`"))
    return NameSelector(name[0])


def _numbered(scanner: Scanner) -> Selector | None:
    start = scanner.position
    span = scanner.match(_SLICE)
    if span:
        first, last, step = (None if part is None else int(part) for part in span.groups())
        if step == 0:
            scanner.position = start
            scanner.fail(tr("a slice whose step is not 0"))
        return SliceSelector(first, last, step or 1)
    index = scanner.match(_INDEX)
    return IndexSelector(int(index[0])) if index else None
