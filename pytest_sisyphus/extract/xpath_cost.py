"""What an XPath could cost at most: roughly, but never less than it does."""

import re
from collections.abc import Mapping
from typing import Any, Final

from pytest_sisyphus.values.lazy_pattern import lazy_pattern
from pytest_sisyphus.values.record import record

#: pairs of nodes compared in the time of a visit.
_PAIRS: Final = 20
_NO_VALUE: Final = r"(?:text|node|comment|processing-instruction|id)\b"
_COMPARISON: Final = r"(?:[!<>]=|[=<>])"
_TOKEN: Final = lazy_pattern(
    rf"""(?P<open>\[) | (?P<close>\])
      | (?P<sideways>(?:following|preceding)(?:-sibling)?\s*::)
      | (?P<leap>(?:ancestor|descendant|parent)(?:-or-self)?\s*:: | \.\. | //)
      | \./(?!/)                                       # no step at all
      | (?P<slash>/)
      | (?P<begin>(?:''|(?<![\w.-])\d[\d.]*)\s*{_COMPARISON}     # to a value on the left
        | {_COMPARISON}(?=\s*(?:''|[\d-]|(?!{_NO_VALUE})[\w-]+\s*\())    # … on the right
        | [(,+] | (?<=[\w\])'".*]\s)(?:and|or|div|mod)\b)
      | (?P<pairing>\| | {_COMPARISON})
      | (?P<step>(?:[^\W\d][\w.:-]*|\*)(?:\s*\(\s*(?:''\s*)?\))?)
      | (?P<self>\.)""",
    re.VERBOSE,
)


@record
class Markup:
    """A parsed body, with what its shape makes an expression cost."""

    root: Any
    #: with text nodes and attributes, and some for long text.
    nodes: int
    #: visits in which the text of each node is read.
    reading: int
    #: of its elements: local name -> the URI of a namespace that it is in, or empty.
    names: Mapping[str, str]
    namespaces: Mapping[str, str]


def most_visits(path: str, markup: Markup) -> float:
    """`path`: its literals are empty, so that nothing in them reads as a step.

    What is in brackets is looked at anew for each node before them. Children and attributes of
    different nodes are different ones; any other axis may lead to all nodes in each look, and
    those that are led to are looked for among the ones found before.
    """
    nodes = total = float(markup.nodes)
    #: how often paths in these brackets are followed, how often a node comes up in all that, and
    #: from how many nodes the next step leads on, each time.
    looks, repeated, most = 1.0, 1.0, 1.0
    around = []
    for token in _TOKEN.finditer(path):
        kind = token.lastgroup
        if kind == "open":
            around.append((looks, repeated, most))
            looks, most = repeated * nodes, 1.0
        elif kind == "close" and around:
            looks, repeated, most = around.pop()
        elif kind == "begin":
            most = 1.0
        elif kind == "pairing":
            total += looks * nodes * nodes / _PAIRS
            most = 1.0
        elif kind in {"step", "self"}:
            total += repeated * markup.reading
            most = nodes if kind == "step" else most
        elif kind in {"leap", "sideways"} or (kind == "slash" and most == 1):
            total += looks * most * nodes * (nodes / _PAIRS if kind == "sideways" else 1)
            repeated, most = looks, nodes
    return total
