"""How a path may be written: RFC 9535, and the spellings that our users' files have.

Beyond the RFC: no leading `$` (`data.id`), unquoted names in brackets, `.length`, `.length()`,
and in filters `=`, `=~`, `and`/`or`/`not`, bare names (`[?id=1]`) and bare words (`[?type=book]`).
Nothing here or later evaluates code: what is not listed is refused with its place.
"""

import re
from typing import Final

from .filters import FilterReader
from .scanner import Scanner, unescaped
from .syntax import Chosen, Every, Length, Name, Position, Segment, Selector, Span

_NAME: Final = re.compile(r"""[^\s.\[\]()'"`*,;?=<>!&|~]+""")
_NAME_IN_FILTER: Final = re.compile(r"(?:[\w-]|[^\x00-\x7f\s])+")
_LENGTH: Final = re.compile(r"(?:length|len|size)\s*\(\s*\)|`(?:len|length)`")
_SPAN: Final = re.compile(r"(-?\d{1,15})?\s*:\s*(-?\d{1,15})?(?:\s*:\s*(-?\d{1,15})?)?")
_INDEX: Final = re.compile(r"-?\d{1,15}(?![\w-])")


def parse(text: str) -> tuple[Segment, ...]:
    """Raises ConfigError that names what is wrong and where."""
    scanner = Scanner(text.strip())
    found: list[Segment] = []
    if not scanner.accept("$") and not scanner.sees("["):
        found.append(_dotted(scanner, descends=False, name=_NAME))
    found += _segments(scanner, _NAME)
    if not scanner.at_end:
        scanner.fail("`.`, `..` or `[`" if found else "`.`, `..` or `[` after `$`")
    return tuple(found)


def _segments(scanner: Scanner, name: re.Pattern[str]) -> list[Segment]:
    found: list[Segment] = []
    while scanner.sees(".", "["):
        if found and found[-1].is_call:
            scanner.fail("nothing after a length()")
        descends = scanner.accept("..")
        dot = descends or scanner.accept(".")
        if scanner.sees("["):
            found.append(_bracketed(scanner, descends=descends))
        elif dot:
            found.append(_dotted(scanner, descends=descends, name=name))
    return found


def _dotted(scanner: Scanner, *, descends: bool, name: re.Pattern[str]) -> Segment:
    selector = _after_dot(scanner, name)
    if descends and isinstance(selector, Length) and not selector.or_key:
        scanner.fail("a name after `..`, not a length()")
    if descends and isinstance(selector, Length):
        selector = Name("length")  # `..length` looks for keys; every list has a length
    return Segment((selector,), scanner.position, descends)


def _after_dot(scanner: Scanner, name: re.Pattern[str]) -> Selector:
    if scanner.accept("*"):
        return Every()
    if scanner.match(_LENGTH):
        return Length()
    quoted = scanner.quoted()
    if quoted is not None:
        return Name(unescaped(quoted))
    return _named(scanner, name)


def _named(scanner: Scanner, name: re.Pattern[str]) -> Selector:
    start = scanner.position
    found = scanner.match(name)
    if not found:
        scanner.fail("a name, `*` or `[` (a name with other characters: ['the name'])")
    if scanner.sees("("):
        scanner.position = start
        scanner.fail("a name or length(), the only function that may stand here")
    return Length(or_key=True) if found[0] == "length" else Name(found[0])


def _bracketed(scanner: Scanner, *, descends: bool) -> Segment:
    scanner.expect("[")
    selectors = [_selector(scanner)]
    while scanner.accept(","):
        selectors.append(_selector(scanner))
    scanner.expect("]")
    return Segment(tuple(selectors), scanner.position, descends)


def _filter(scanner: Scanner) -> FilterReader:
    def read_path(bare: bool) -> tuple[Segment, ...]:
        first = [_dotted(scanner, descends=False, name=_NAME_IN_FILTER)] if bare else []
        return (*first, *_segments(scanner, _NAME_IN_FILTER))

    return FilterReader(scanner, read_path)


def _selector(scanner: Scanner) -> Selector:
    scanner.skip_blank()
    selector = _inside_brackets(scanner)
    scanner.skip_blank()
    return selector


def _inside_brackets(scanner: Scanner) -> Selector:
    quoted = scanner.quoted()
    if quoted is not None:
        return Name(unescaped(quoted))
    if scanner.accept("*"):
        return Every()
    if scanner.accept("?"):
        return Chosen(_filter(scanner).test())
    if scanner.sees("("):
        scanner.fail("no script expression (nothing is evaluated; [-1] is the last item)")
    return _numbered(scanner) or _bare(scanner)


def _numbered(scanner: Scanner) -> Selector | None:
    start = scanner.position
    span = scanner.match(_SPAN)
    if span:
        first, last, step = (None if part is None else int(part) for part in span.groups())
        if step == 0:
            scanner.position = start
            scanner.fail("a slice whose step is not 0")
        return Span(first, last, step or 1)
    index = scanner.match(_INDEX)
    return Position(int(index[0])) if index else None


def _bare(scanner: Scanner) -> Selector:
    found = scanner.match(_NAME_IN_FILTER)
    if not found:
        scanner.fail("a quoted name, an index, a slice, `*` or a filter `?`")
    return Name(found[0])
