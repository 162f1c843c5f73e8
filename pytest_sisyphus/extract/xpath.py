"""XPath on XML and HTML bodies, through lxml, which may be absent.

Nothing is fetched and no entity is expanded. libxml2 has no time limit for an expression, so what
one could cost is reckoned beforehand (`xpath_cost`).
"""

import functools
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any, Final, Literal

from pytest_sisyphus.errors import ConfigError, ResponseInvalid
from pytest_sisyphus.extract.jsonpath import no_match
from pytest_sisyphus.extract.xpath_cost import Markup, most_visits

Kind = Literal["xml", "html"]
#: prefix -> URI, sorted: as a cache can have it for a key.
Namespaces = tuple[tuple[str, str], ...]

MISSING: Final = "XPath needs the library lxml: pip install 'pytest-sisyphus[xml]'"
#: characters of a body, and of an expression.
_LARGEST: Final = 20_000_000
_LONGEST: Final = 10_000
#: pieces of text that the elements found may have in all.
_MOST_PIECES: Final = 5_000_000
#: characters read in the time of a visit.
_CHARACTERS: Final = 100
#: nodes one evaluation may visit; libxml2 visits some ten million in a second.
_MOST_VISITS: Final = 50_000_000

_LITERAL: Final = re.compile(r"'[^']*'|\"[^\"]*\"")
_PREFIX: Final = re.compile(r"([^\W\d][\w.-]*):(?![:])(?=[\w*])")
_HTML_START: Final = re.compile(r"\s*<(?:!doctype\s+html|html)\b", re.IGNORECASE)


def as_namespaces(written: Any) -> Namespaces:
    """Of the mapping that a case file has, or of None."""
    return tuple(sorted((str(prefix), str(uri)) for prefix, uri in (written or {}).items()))


@functools.lru_cache(maxsize=512)
def compile_xpath(path: str, namespaces: Namespaces = ()) -> Any:
    """Raises ConfigError that names what is wrong."""
    etree = _lxml()
    if len(path) > _LONGEST:
        raise ConfigError(f"an XPath may have at most {_LONGEST} characters, got {len(path)}")
    known = dict(namespaces)
    if not all(prefix and uri for prefix, uri in namespaces):
        raise ConfigError(
            "each of namespaces has a prefix and a URI, neither empty: {s: 'urn:shop'}; "
            "a name without a prefix is in none"
        )
    for prefix in _PREFIX.findall(_LITERAL.sub("''", path)):
        if prefix not in known and prefix != "xml":
            given = no_match.list_names(known, prefix) or "none"
            raise ConfigError(
                f"the XPath {path[:80]!r} has the prefix {prefix!r}, which namespaces does not "
                f"give (namespaces: {{{prefix}: URI}}); given: {given}"
            )
    try:
        return etree.XPath(path, namespaces=known, regexp=False, smart_strings=False)
    except (etree.XPathError, ValueError) as error:
        said = str(error).removeprefix("Error in xpath expression").strip(": ") or "not an XPath"
        raise ConfigError(f"the XPath {path[:80]!r} cannot be read: {said.lower()}") from error


def gives_nodes(path: str, namespaces: Namespaces) -> bool:
    """Whether it selects nodes, rather than to reckon a number, a text or a truth value: in XPath
    that depends on no document. Raises ConfigError."""
    return isinstance(compile_xpath(path, namespaces)(_lxml().XML("<x/>")), list)


def find(path: str, namespaces: Namespaces, text: str, kind: Kind) -> tuple[tuple[Any, ...], bool]:
    """The matches (an element as its text, an attribute as its value), and whether there may be
    several: a number, a boolean or a text of a function is one.

    Raises ConfigError, and ResponseInvalid for a text that is no XML and for NaN.
    """
    compiled, markup = compile_xpath(path, namespaces), parse(text, kind)
    visits = most_visits(_LITERAL.sub("''", path), markup)
    if visits > _MOST_VISITS:
        raise ConfigError(
            f"the XPath {path[:80]!r} might visit {visits:.0e} nodes, and {_MOST_VISITS:.0e} is "
            f"the most (the body has about {markup.nodes}); avoid //, .. and axes inside of [ ]"
        )
    try:
        found = compiled(markup.root)
    except _lxml().XPathError as error:
        raise ConfigError(f"the XPath {path[:80]!r} cannot be evaluated: {error}") from error
    if isinstance(found, list):
        return tuple(_values(found, path)), True
    if found != found:  # noqa: PLR0124 - NaN
        raise ResponseInvalid(f"what the XPath {path[:80]!r} reckons is not a number (NaN)")
    is_whole = isinstance(found, float) and found.is_integer()
    return (int(found) if is_whole else found,), False


def explain_no_match(path: str, text: str, kind: Kind) -> str:
    """`no match for //itm; there is: item, list; did you mean 'item'?`, with the namespaces."""
    markup = parse(text, kind)
    words = re.findall(r"[^\W\d][\w.-]*", _LITERAL.sub("", path))
    there = no_match.list_names(markup.names, words[-1] if words else None)
    said = f"no match for {path}; in the body there is: {there}"
    if not markup.namespaces:
        return said
    listed = ", ".join(
        f"{name or '(no prefix)'} = {uri}" for name, uri in markup.namespaces.items()
    )
    return f"{said} (namespaces: {listed}; a name without a prefix is in none of them)"


def kind_of_body(content_type: str, text: str) -> Kind:
    """What a body is read as where nobody says it."""
    if "html" in content_type.lower() and "xhtml" not in content_type.lower():
        return "html"
    return "xml" if "xml" in content_type.lower() or not _HTML_START.match(text) else "html"


@functools.lru_cache(maxsize=2)
def parse(text: str, kind: Kind) -> Markup:
    """Raises ConfigError, and ResponseInvalid for a text that is no XML."""
    etree = _lxml()
    if len(text) > _LARGEST:
        raise ConfigError(f"the body has {len(text)} characters; XPath reads {_LARGEST} at most")
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
        raise ResponseInvalid(
            f"the body is not {kind.upper()}: {getattr(error, 'msg', error)}"
        ) from error
    internal = root.getroottree().docinfo.internalDTD if kind == "xml" else None
    if internal is not None and any(True for _ in internal.iterentities()):
        raise ResponseInvalid("the body declares entities, which are never expanded")
    for entity in root.iter(etree.Entity):
        raise ResponseInvalid(f"the body has the entity {entity.text}, which is never expanded")
    return _measured(root, etree, len(text))


def _measured(root: Any, etree: Any, characters: int) -> Markup:
    names: Counter[str] = Counter()
    namespaces: dict[str, str] = {}
    tags: Counter[Any] = Counter()
    elements = others = descents = pairs = level = deepest = most = 0
    for event, element in etree.iterwalk(root, events=("start", "end", "comment", "pi")):
        if event == "end":
            level -= 1
        elif event != "start":
            others += 1
        else:
            level, elements = level + 1, elements + 1
            children = 2 * len(element) + 1  # with the text between them
            descents, pairs = descents + 2 * level, pairs + children * children
            deepest, most = max(deepest, level + 1), max(most, children, len(element.attrib))
            tag = element.tag
            if tag not in tags:
                names[_local(tag)] = 0
                namespaces.update({prefix or "": uri for prefix, uri in element.nsmap.items()})
            tags[tag] += 1
    for tag, count in tags.items():
        names[_local(tag)] += count
    others += int(root.xpath("count(//@*)")) + characters // _CHARACTERS
    return Markup(
        root=root,
        nodes=2 * elements + others,
        reading=characters // _CHARACTERS,
        descents=descents + others,
        deepest=deepest,
        most_children=most,
        sibling_pairs=pairs,
        names=names,
        namespaces=namespaces,
    )


def _local(tag: str) -> str:
    """As it stands behind its namespace. In HTML a colon is part of the name: `o:p`, which is no
    name that lxml would take as one."""
    return tag.rpartition("}")[2]


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
                    f"the XPath {path[:80]!r} matches elements inside of each other, whose text "
                    f"has more than {_MOST_PIECES} pieces in all; choose among them"
                )
            yield "".join(texts)
        else:
            yield node.text or ""


def _lxml() -> Any:
    try:
        from lxml import etree  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise ConfigError(MISSING) from error
    return etree
