"""What an XPath could cost: how many nodes of a document it may visit."""

import re
from collections.abc import Mapping
from typing import Any, Final

from pytest_sisyphus.values.record import record

#: pairs of nodes compared in the time of a visit.
_PAIRS: Final = 20
_TOKEN: Final = re.compile(
    r"""(?P<axis>[a-z-]+)\s*::
      | (?P<up>\.\.)
      | (?P<down>//)
      | (?P<slash>/)
      | (?P<open>[\[(])
      | (?P<close>[\])])
      | (?P<operator>[!<>]=|[|=<>+,]|\b(?:and|or|div|mod)\b(?=[\s(]))
      | (?P<function>[\w.:-]+)\s*(?=\()
      | (?P<number>\d[\d.]*)
      | (?P<step>[.@*\w$][\w.:-]*)""",
    re.VERBOSE,
)
_PAIRING: Final = frozenset({"|", "=", "!=", "<", "<=", ">", ">="})
#: functions, unlike node tests and `id`, never give nodes.
_GIVE_NODES: Final = frozenset({"text", "node", "comment", "processing-instruction", "id"})
#: of all siblings one, which libxml2 stops at.
_ONE_SIBLING: Final = re.compile(
    r"(?:following|preceding)-sibling(?=\s*::\s*[\w.:*-]+\s*\[\s*\d+\s*\])"
)
#: a node found that is looked for among those found, and steps from one node to the next when such
#: a set is put in order: so many in the time of a visit, roughly.
_LOOKED_THROUGH: Final = 200
_WALKED: Final = 40
#: axes whose sets are made one by comparing nodes in pairs, as a node may come up twice.
_MERGED: Final = frozenset({"descendant", "ancestor", "parent", "sibling", "sideways"})


@record
class Markup:
    """A parsed body, with what its shape makes an expression cost."""

    root: Any
    #: with text nodes and attributes, and some for long text.
    nodes: int
    #: how many visits of nodes cost as much as to read all text.
    reading: int
    #: pairs of a node and one that it is in.
    descents: int
    deepest: int
    most_children: int
    #: pairs of nodes of the same parent.
    sibling_pairs: int
    #: local name -> how many elements have it.
    names: Mapping[str, int]
    namespaces: Mapping[str, str]


def most_visits(path: str, markup: Markup) -> float:
    """At most so many, roughly. `path`: its literals are empty, so that nothing in them reads as a
    step.

    What is in brackets is looked at anew for each node before them. A set has no node twice, but
    those of several such looks may have the same ones: so many times a node comes up at most.
    """
    reckoning = _Reckoning(markup)
    for token in _TOKEN.finditer(_ONE_SIBLING.sub("one-sibling", path)):
        group, text = str(token.lastgroup), token["axis"] or token["function"] or token[0]
        if group == "function" and text in _GIVE_NODES:
            group = "step"
        reckoning.take(group, text)
    reckoning.take("operator", ",")
    return reckoning.total


@record
class _Nodes:
    """What a path has led to, in all looks together."""

    size: float = 1.0
    #: in how many looks the same node may come up.
    repeated: float = 1.0
    #: in one look.
    most: float = 1.0


class _Reckoning:
    def __init__(self, markup: Markup) -> None:
        self._markup = markup
        self.total = float(markup.nodes)
        #: where paths in these brackets start.
        self._start = _Nodes()
        self._now = self._start
        #: of the brackets around: which they are, their start, and what was led to before them.
        self._around: list[tuple[str, _Nodes, _Nodes, _Nodes | None]] = []
        #: what stands before a comparison or `|`, to be paired with what stands behind it.
        self._paired: _Nodes | None = None
        self._is_call = False
        self._begins = True
        self._after_axis = False
        self._last_read = 0.0
        nodes = float(markup.nodes)
        descents, deepest = float(markup.descents), float(markup.deepest)
        children, pairs = float(markup.most_children), float(markup.sibling_pairs)
        #: axis -> pairs from all nodes, from one, and from how many one node is led to.
        self._axes: Mapping[str, tuple[float, float, float]] = {
            "child": (nodes, children, 1.0),
            "descendant": (descents, nodes, deepest),
            "ancestor": (descents, deepest, nodes),
            "parent": (nodes, 1.0, children),
            "sibling": (pairs, children, children),
            "sideways": (nodes * nodes, nodes, nodes),
        }

    def take(self, group: str, text: str) -> None:
        if group == "open":
            bracket = "call" if self._is_call else text
            self._around.append((bracket, self._start, self._now, self._paired))
            self._paired = None
            if text == "[":
                self._start = _Nodes(size=self._now.size, repeated=self._now.repeated)
            self._begin()
        elif group == "close" and self._around:
            self._close()
        elif group in {"operator", "close"}:
            self._pair(text)
            self._begin()
        elif group in {"function", "number"}:  # of one value
            self._now, self._begins = self._start, False
        else:
            self._step(group, text)
        self._is_call = group == "function"

    def _close(self) -> None:
        self._pair("")
        bracket, self._start, before, self._paired = self._around.pop()
        if bracket == "call":
            self._now = self._start
        elif bracket == "[" or before.size > self._now.size:
            self._now = before
        self._begins = False

    def _pair(self, operator: str) -> None:
        """`=` and its like compare each node with each, and `|` looks for each among the others."""
        left, right = self._paired, self._now
        if left is not None:
            self.total += min(left.size * right.most, left.most * right.size) / _PAIRS
        self._paired = right if operator in _PAIRING else None
        if left is not None and operator == "|":
            self._paired = self._now = _Nodes(
                size=left.size + right.size,
                repeated=max(left.repeated, right.repeated),
                most=left.most + right.most,
            )

    def _begin(self) -> None:
        self._now, self._begins = self._start, True

    def _step(self, group: str, text: str) -> None:
        self._read(group, text)
        if self._begins and group in {"slash", "down"}:  # from the root, in each look
            size = self._start.size
            self._now = _Nodes(size=size, repeated=size)
        if group == "down":
            self._along("descendant")
        elif group == "up":
            self._along("parent")
        elif group == "axis":
            self._gather(text)
            self._along(_axis_of(text))
        elif group == "step" and text[0] != "." and not self._after_axis:
            self._along("child")
        if group == "step" and text[0] != ".":
            count = self._markup.names.get(text.rpartition(":")[2], self._markup.nodes)
            now = self._now
            size, most = min(now.size, now.repeated * count), min(now.most, float(count))
            self._now = _Nodes(size=size, repeated=now.repeated, most=most)
        self._begins, self._after_axis = False, group == "axis"

    def _read(self, group: str, text: str) -> None:
        """What is in brackets and leads out of the node before them may read all text there is,
        each time, unless it ends at an attribute."""
        is_outside = group == "up" or (self._begins and group in {"slash", "down"})
        if group == "step" and text[0] == "@":
            self.total -= self._last_read
            self._last_read = 0.0
        elif is_outside or (group == "axis" and _axis_of(text) not in {"child", "descendant"}):
            self._last_read = (self._start.size - 1) * self._markup.reading
            self.total += self._last_read

    def _gather(self, axis: str) -> None:
        """What libxml2 does to have each node that an axis leads to once, and in order."""
        now, kind = self._now, _axis_of(axis)
        if axis == "one-sibling" or kind not in {"sibling", "sideways", "ancestor"}:
            return
        from_all, from_one, _ = self._axes[kind]
        most = min(now.most * from_one, float(self._markup.nodes))
        if now.most > 1 and kind != "ancestor":
            self.total += min(now.repeated * from_all, now.size * from_one) * most / _LOOKED_THROUGH
        if not axis.startswith("following"):
            self.total += self._start.size * most * most / _WALKED

    def _along(self, axis: str) -> None:
        now, nodes = self._now, self._markup.nodes
        from_all, from_one, led_to_from = self._axes[axis]
        pairs = min(now.repeated * from_all, now.size * from_one)
        merged = now.most * now.size / _PAIRS if axis in _MERGED and now.most > 1 else 0.0
        self.total += max(pairs, now.size) + merged
        repeated = min(now.repeated * led_to_from, self._start.size)
        self._now = _Nodes(
            size=min(pairs, repeated * nodes),
            repeated=repeated,
            most=min(now.most * from_one, float(nodes)),
        )


def _axis_of(written: str) -> str:
    kind = written.removesuffix("-or-self")
    if kind.endswith("-sibling"):
        return "sibling"
    if kind in {"following", "preceding"}:
        return "sideways"
    return kind if kind in {"descendant", "ancestor", "parent"} else "child"
