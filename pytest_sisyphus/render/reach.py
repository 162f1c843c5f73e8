"""Most expressions only read: `name`, `a.b`, `a[0].c`. These need no compiling."""

from collections.abc import Callable
from typing import Any

from jinja2 import nodes

from .sandbox import Names, Sandbox, known, variable

Reach = Callable[[Names], Any]


def plain_reach(node: nodes.Expr, sandbox: Sandbox) -> Reach | None:
    """What evaluates a (rewritten) expression that is one name and the way on from it, or None."""
    if not isinstance(node, nodes.Filter) or node.name != " known":
        return None
    steps: list[tuple[Callable[[Any, Any], Any], Any]] = []
    inner = node.node
    while isinstance(inner, nodes.Getattr | nodes.Getitem):
        if isinstance(inner, nodes.Getattr):
            steps.append((sandbox.getattr, inner.attr))
        elif isinstance(inner.arg, nodes.Const):
            steps.append((sandbox.getitem, inner.arg.value))
        else:
            return None
        inner = inner.node
    return _reach(inner.name[2:], steps[::-1]) if isinstance(inner, nodes.Name) else None


def _reach(name: str, steps: list[tuple[Callable[[Any, Any], Any], Any]]) -> Reach:
    def reach(names: Names) -> Any:
        value = variable(names, name)
        for step, key in steps:
            value = step(value, key)
        return known(value)

    return reach
