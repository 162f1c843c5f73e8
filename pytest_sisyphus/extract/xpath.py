"""XPath on XML and HTML bodies, through lxml, which may be absent.

Nothing is fetched and no entity is expanded. libxml2 has no time limit for an expression: one that
may take long (`xpath_cost`) is evaluated by a process of its own, which has one.
"""

import contextlib
import functools
import math
import re
from collections.abc import Iterator
from typing import Any, Final, Literal

from pytest_sisyphus.errors import ConfigError, ResponseInvalid
from pytest_sisyphus.extensions.registry import followed
from pytest_sisyphus.extract.jsonpath import no_match
from pytest_sisyphus.extract.xpath_cost import Markup, most_visits
from pytest_sisyphus.i18n import marked, of_library, tr
from pytest_sisyphus.values.lazy_pattern import lazy_pattern

Kind = Literal["xml", "html"]
#: prefix -> URI, sorted: as a cache can have it for a key.
Namespaces = tuple[tuple[str, str], ...]

MISSING: Final = marked("XPath needs the library lxml: pip install 'pytest-sisyphus[xml]'")
#: characters of a body, and of an expression.
_LARGEST: Final = 20_000_000
_LONGEST: Final = 10_000
#: pieces of text that the elements found may have in all.
_MOST_PIECES: Final = 5_000_000
#: characters read in the time of a visit.
_CHARACTERS: Final = 100
#: visits of nodes without a time limit; libxml2 makes some ten million in a second.
_MOST_VISITS: Final = 50_000_000

_LITERAL: Final = lazy_pattern(r"'[^']*'|\"[^\"]*\"")
#: brackets, and functions of the text of a node and of numbers: nothing comes of a node that is
#: not there.
_CALL: Final = lazy_pattern(
    r"(?:string|concat|substring(?:-before|-after)?|normalize-space|translate|string-length"
    r"|(?:local-)?name|namespace-uri|contains|starts-with|sum|number|round|floor|ceiling)?"
    r"\s*\((?P<arguments>.*)\)",
    re.DOTALL,
)
_PIECE: Final = lazy_pattern(
    r"""'[^']*'|"[^"]*"|(?P<open>[(\[])|(?P<close>[)\]])
      |(?P<between>,|[!<>]?=|[<>]|\+|(?<=\s)(?:-|\*|div|mod)(?=\s))
      |(?P<asks>(?<=[\s)\]'".\w])(?:\s)(?:and|or)(?=[\s(]))""",
    re.VERBOSE,
)
_PREFIX: Final = lazy_pattern(r"([^\W\d][\w.-]*):(?![:])(?=[\w*])")
#: a node test with its prefix, and no axis or function.
_NAME: Final = lazy_pattern(r"([\w.-]+:)?(?<![\w.-])([^\W\d][\w.-]*)(?![\w.-]*\s*[:(])")
_HTML_START: Final = lazy_pattern(r"\s*<(?:!doctype\s+html|html)\b", re.IGNORECASE)


def as_namespaces(written: Any) -> Namespaces:
    """Of the mapping that a case file has, or of None."""
    return tuple(sorted((str(prefix), str(uri)) for prefix, uri in (written or {}).items()))


@functools.lru_cache(maxsize=512)
def compile_xpath(path: str, namespaces: Namespaces = ()) -> Any:
    """Raises ConfigError that names what is wrong."""
    etree = _lxml()
    if len(path) > _LONGEST:
        raise ConfigError(
            tr(
                "an XPath may have at most {most} characters, got {count}",
                most=_LONGEST,
                count=len(path),
            )
        )
    known = dict(namespaces)
    if not all(prefix and uri for prefix, uri in namespaces):
        raise ConfigError(
            tr(
                "each of namespaces has a prefix and a URI, neither empty: {{s: 'urn:shop'}}; "
                "a name without a prefix is in none"
            )
        )
    for prefix in _PREFIX.findall(_LITERAL.sub("''", path)):
        if prefix not in known and prefix != "xml":
            raise ConfigError(
                tr(
                    "the XPath {path!r} has the prefix {prefix!r}, which namespaces does not give "
                    "(namespaces: {{{prefix}: URI}}); given: {given}",
                    path=path[:80],
                    prefix=prefix,
                    given=no_match.list_names(known, prefix) or tr("none"),
                )
            )
    try:
        return etree.XPath(path, namespaces=known, regexp=False, smart_strings=False)
    except (etree.XPathError, ValueError) as error:
        said = str(error).removeprefix("Error in xpath expression").strip(": ").lower()
        if path.lstrip().startswith("$"):
            said = tr("it is a JSONPath; an XPath is //a, /a/b or count(//a)")
        raise ConfigError(
            tr(
                "the XPath {path!r} cannot be read: {reason}",
                path=path[:80],
                reason=of_library(said) or tr("not an XPath"),
            )
        ) from error


def gives_nodes(path: str, namespaces: Namespaces) -> bool:
    """Whether it selects nodes, rather than to reckon a number, a text or a truth value: in XPath
    that depends on no document. Raises ConfigError."""
    return isinstance(compile_xpath(path, namespaces)(_lxml().XML("<x/>")), list)


def find(path: str, namespaces: Namespaces, text: str, kind: Kind) -> tuple[tuple[Any, ...], bool]:
    """The matches (an element as its text, an attribute as its value), and whether there may be
    several: a number, a boolean or a text of a function is one.

    Raises ConfigError, and ResponseInvalid for a text that is no XML and for NaN.
    """
    markup = parse(text, kind)
    if most_visits(_LITERAL.sub("''", path), markup) <= _MOST_VISITS:
        return evaluate(path, namespaces, markup.root)
    from pytest_sisyphus.extract import xpath_process  # noqa: PLC0415 - hardly ever needed

    return xpath_process.find(path, namespaces, text, kind, markup.nodes)


def evaluate(path: str, namespaces: Namespaces, root: Any) -> tuple[tuple[Any, ...], bool]:
    """As `find`, however long it takes."""
    try:
        found = compile_xpath(path, namespaces)(root)
        if not isinstance(found, list) and not all(_nodes_read(path.strip(), namespaces, root)):
            return (), False
    except _lxml().XPathError as error:
        raise ConfigError(
            tr(
                "the XPath {path!r} cannot be evaluated: {reason}",
                path=path[:80],
                reason=of_library(str(error)),
            )
        ) from error
    if isinstance(found, list):
        return tuple(_values(found, path)), True
    if isinstance(found, float) and not math.isfinite(found):
        raise ResponseInvalid(
            tr(
                "what the XPath {path!r} reckons is not a number (NaN)"
                if math.isnan(found)
                else "what the XPath {path!r} reckons has no end (a division by 0)",
                path=path[:80],
            )
        )
    is_whole = isinstance(found, float) and found.is_integer()
    return (int(found) if is_whole else found,), False


def _nodes_read(expression: str, namespaces: Namespaces, root: Any) -> Iterator[list[Any]]:
    """Of an expression that gives a value: what each path in it selects, outside of functions that
    only ask whether or how often something is there."""
    call = _CALL.fullmatch(expression)
    pieces = _pieces(call["arguments"]) if call else None
    if pieces is None:
        pieces = _pieces(expression)
    if pieces != [expression]:
        for one in pieces or ():
            yield from _nodes_read(one, namespaces, root)
        return
    with contextlib.suppress(ConfigError):  # it was cut where nothing ends
        found = compile_xpath(expression, namespaces)(root)
        if isinstance(found, list):
            yield found


def _pieces(expression: str) -> list[str] | None:
    """Arguments and operands; none of `a or b`, which asks whether one is there. None: a bracket is
    closed that is not open."""
    pieces, depth, start = [], 0, 0
    for token in _PIECE.finditer(expression):
        if token["open"]:
            depth += 1
        elif token["close"]:
            depth -= 1
            if depth < 0:
                return None
        elif token["asks"] and not depth:
            return []
        elif token["between"] and not depth:
            pieces.append(expression[start : token.start()])
            start = token.end()
    stripped = (one.strip().lstrip("- ") for one in (*pieces, expression[start:]))
    return [one for one in stripped if one]


def explain_no_match(path: str, namespaces: Namespaces, text: str, kind: Kind) -> str:
    """`no match for //itm; in the body there is: item, list; did you mean 'item'?`, with the
    namespaces, and how to ask for what may be missing."""
    markup = parse(text, kind)
    prefix, last = (_NAME.findall(_LITERAL.sub("", path)) or [("", "")])[-1]
    uri = markup.names.get(last)
    if uri and not prefix:
        return tr(
            "no match for {path}: {name!r} is in a namespace, and a name without a prefix is in "
            "none; write n:{name}, and namespaces: {{n: {uri!r}}}",
            path=path,
            name=last,
            uri=uri,
        )
    there = no_match.list_names(markup.names, last or None)
    if markup.namespaces:
        there += tr(
            " (namespaces: {namespaces}; a name without a prefix is in none of them)",
            namespaces=tr(", ").join(
                f"{name or tr('(no prefix)')} = {uri}" for name, uri in markup.namespaces.items()
            ),
        )
    said = tr("no match for {path}; in the body there is: {there}", path=path, there=there)
    alone = path if gives_nodes(path, namespaces) else "//a"
    hint = tr(
        "; where it may be missing: exists {alone} with expect: false, or eq count({alone})",
        alone=alone,
    )
    return followed(said, hint)


def kind_of_body(content_type: str, text: str) -> Kind:
    """What a body is read as where nobody says it."""
    if "html" in content_type.lower() and "xhtml" not in content_type.lower():
        return "html"
    return "xml" if "xml" in content_type.lower() or not _HTML_START.match(text) else "html"


@functools.lru_cache(maxsize=2)
def parse(text: str, kind: Kind) -> Markup:
    """Raises ConfigError, and ResponseInvalid for a text that is no XML."""
    root = parse_root(text, kind)
    namespaces: dict[str, str] = {}
    tags: dict[Any, None] = {}
    elements = others = descents = level = deepest = 0
    for event, element in _lxml().iterwalk(root, events=("start", "end", "comment", "pi")):
        if event == "end":
            level -= 1
        elif event != "start":
            others += 1
        else:
            level, elements = level + 1, elements + 1
            descents, deepest = descents + 2 * level, max(deepest, level)
            if element.tag not in tags:
                tags[element.tag] = None
                namespaces.update({prefix or "": uri for prefix, uri in element.nsmap.items()})
    characters = len(text) // _CHARACTERS
    others += int(root.xpath("count(//@*)"))
    return Markup(
        root=root,
        nodes=2 * elements + others + characters,
        reading=descents + others + characters * deepest,
        # in HTML a colon is part of the name: `o:p`
        names={name: uri[1:] for tag in tags for uri, _, name in [tag.rpartition("}")]},
        namespaces=namespaces,
    )


def parse_root(text: str, kind: Kind) -> Any:
    """As `parse`, the root alone."""
    etree = _lxml()
    if len(text) > _LARGEST:
        raise ConfigError(
            tr(
                "the body has {count} characters; XPath reads {most} at most",
                count=len(text),
                most=_LARGEST,
            )
        )
    options: Any = {"encoding": "utf-8", "no_network": True, "huge_tree": False}
    content = text.encode("utf-8", "surrogatepass")
    try:
        if kind == "html":
            import lxml.html  # noqa: PLC0415 - an extra

            root = lxml.html.document_fromstring(content, parser=lxml.html.HTMLParser(**options))
        else:
            parser = etree.XMLParser(resolve_entities=False, load_dtd=False, **options)
            root = etree.fromstring(content, parser)
    except (etree.LxmlError, ValueError) as error:
        hint = ""
        if text[:100].lstrip().startswith(("{", "[")):
            hint = tr(" (it looks like JSON, which a JSONPath such as $.a reads)")
        elif kind == "xml" and _HTML_START.match(text):
            hint = tr(" (it looks like HTML, which source: html reads)")
        raise ResponseInvalid(
            tr(
                "the body is not {kind}: {reason}{hint}",
                kind=kind.upper(),
                reason=getattr(error, "msg", error),
                hint=hint,
            )
        ) from error
    internal = root.getroottree().docinfo.internalDTD if kind == "xml" else None
    if internal is not None and any(True for _ in internal.iterentities()):
        raise ResponseInvalid(tr("the body declares entities, which are never expanded"))
    for entity in root.iter(etree.Entity):
        raise ResponseInvalid(
            tr("the body has the entity {name}, which is never expanded", name=entity.text)
        )
    return root


def _values(found: list[Any], path: str) -> Iterator[Any]:
    """An element's text; what is text already, such as an attribute, as it is."""
    pieces = 0
    for node in found:
        if isinstance(node, str):
            yield str(node)
        elif isinstance(node, tuple):  # a namespace: prefix, URI
            yield node[1]
        elif isinstance(node.tag, str):
            texts = list(node.itertext())
            pieces += len(texts)
            if pieces > _MOST_PIECES:
                raise ConfigError(
                    tr(
                        "the XPath {path!r} matches elements inside of each other, whose text has "
                        "more than {most} pieces in all; choose among them",
                        path=path[:80],
                        most=_MOST_PIECES,
                    )
                )
            yield "".join(texts)
        else:
            yield node.text or ""


def _lxml() -> Any:
    try:
        from lxml import etree  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise ConfigError(tr(MISSING)) from error
    return etree
