"""One expression: parsed by Jinja2, rewritten to be strict, compiled when first evaluated."""

import functools
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

import jinja2
from jinja2 import nodes
from jinja2.visitor import NodeTransformer

from pytest_sisyphus.errors import TemplateError
from pytest_sisyphus.extensions.registry import near
from pytest_sisyphus.i18n import tr
from pytest_sisyphus.template.calls import CallSignature, binding_error, described
from pytest_sisyphus.template.comparison import TESTS
from pytest_sisyphus.template.fast_path import FAILURES, Accessor, failure
from pytest_sisyphus.template.filters import FILTERS, INTERNAL
from pytest_sisyphus.template.grammar import ExpressionParser, described_syntax
from pytest_sisyphus.template.lexer import ExpressionSource
from pytest_sisyphus.template.names import Namespace
from pytest_sisyphus.template.sandbox import Sandbox, ScopeContext, refuse_binary, require_value
from pytest_sisyphus.template.text import EvaluationError
from pytest_sisyphus.values.numbers import Numeral, number

SANDBOX = Sandbox({**FILTERS, **INTERNAL}, TESTS)

_FAILURES = (*FAILURES, jinja2.TemplateError)
#: the further spellings of constants; Jinja2 knows true, True, false, False, none and None.
_CONSTANTS = {
    **dict.fromkeys(["null", "Null", "NULL", "NONE"]),
    "TRUE": True,
    "FALSE": False,
}
_MISSING_ALLOWED = frozenset(["default", "d"])
_ASKS_DEFINED = frozenset(["defined", "undefined"])
#: filters that may find nothing.
_PICKERS = frozenset(["first", "last", "max", "min"])


class JinjaExpressions:
    """`Expressions` of any kind."""

    def __init__(self, sources: Iterable[ExpressionSource], *, boolean: bool = False) -> None:
        rewriter = _ConditionRewriter() if boolean else _Rewriter()
        parsed = [_parse(source, rewriter) for source in sources]
        self.names = frozenset(rewriter.names)
        self.calls = frozenset(rewriter.calls)
        self.call_signatures = frozenset(rewriter.call_signatures)
        self.steps = frozenset(rewriter.steps)
        self.databases = frozenset(rewriter.databases)
        self.is_plain_lookup = all(map(_is_plain_lookup, parsed))
        self._short_circuited = tuple(sorted(rewriter.short_circuited - rewriter.optional))
        self._nodes = parsed

    def evaluate(self, names: Namespace) -> list[Any]:
        try:
            for name in self._short_circuited:
                if not names.has(name):
                    raise names.undefined_error(name)
            context = ScopeContext(SANDBOX, {}, None, {})
            context.names = names
            for _ in self._compiled.root_render_func(context):
                pass
            return list(context.vars["result"])
        except EvaluationError:
            raise
        except _FAILURES as exc:
            raise failure(exc) from exc

    @functools.cached_property
    def _compiled(self) -> jinja2.Template:
        together = nodes.Tuple(self._nodes, "load")
        assignment = nodes.Assign(nodes.Name("result", "store"), together)
        tree = nodes.Template([assignment], lineno=1)
        tree.set_environment(SANDBOX)
        try:
            code = SANDBOX.compile(tree)
        except (SyntaxError, RecursionError, MemoryError) as exc:
            raise EvaluationError(tr("the expression is nested too deeply")) from exc
        return jinja2.Template.from_code(SANDBOX, code, {})


def follow(value: Any, steps: Iterable[Accessor]) -> Any:
    """The value that the accessors lead to. Raises EvaluationError."""
    reached = refuse_binary(value)
    for step in steps:
        way = SANDBOX.getattr if step.is_attribute else SANDBOX.getitem
        reached = way(reached, step.key)
    return require_value(reached)


def _is_plain_lookup(node: nodes.Expr) -> bool:
    """Whether it is one name and a written way on from it, `a.b['c']`."""
    if not isinstance(node, nodes.Filter) or node.name != " known":
        return False
    inner = node.node
    while isinstance(inner, nodes.Getattr | nodes.Getitem):
        if isinstance(inner, nodes.Getitem) and not isinstance(inner.arg, nodes.Const):
            return False
        inner = inner.node
    return isinstance(inner, nodes.Name)


def _parse(source: ExpressionSource, rewriter: "_Rewriter") -> nodes.Expr:
    try:
        parser = ExpressionParser(SANDBOX, source.code)
        return rewriter.whole(parser.parse_whole())
    except jinja2.TemplateSyntaxError as exc:
        raise TemplateError(described_syntax(exc), offset=source.offset(exc.lineno)) from exc
    except (RecursionError, ValueError) as exc:
        is_number = isinstance(exc, ValueError)
        message = tr("a number is too long" if is_number else "nested too deeply")
        raise TemplateError(message, offset=source.start) from exc


_Visit = Callable[[nodes.Expr], nodes.Expr]


class _Rewriter(NodeTransformer):
    """Makes every use of something that is not there an error, and notes names and calls.

    A name, key or index is asked whether it is there wherever its value is used; only `default` and
    `is defined` look at what is missing.
    """

    def __init__(self) -> None:
        self.names: set[str] = set()
        self.calls: set[str] = set()
        #: of the calls whose arguments are all written out.
        self.call_signatures: set[CallSignature] = set()
        #: the names that `steps` is asked for, as far as they are written.
        self.steps: set[str] = set()
        #: the aliases that `db_query` is given, as far as they are written.
        self.databases: set[str] = set()
        #: names behind `and` and `or`, which may never be reached: they must be there all the same.
        self.short_circuited: set[str] = set()
        #: names that are looked at by `is defined` or `default`, or where an `if` chooses.
        self.optional: set[str] = set()

    def visit_Name(self, node: nodes.Name) -> nodes.Expr:  # noqa: N802  Jinja2's visitor names
        if node.name in _CONSTANTS:
            return nodes.Const(_CONSTANTS[node.name], lineno=node.lineno)
        return _filter("known", self._lookup(node))

    def visit_Const(self, node: nodes.Const) -> nodes.Expr:  # noqa: N802
        if isinstance(node.value, Numeral):  # which the compiled code could not write
            return _filter("number", nodes.Const(node.value.text, lineno=node.lineno))
        return node

    def visit_Neg(self, node: nodes.Neg) -> nodes.Expr:  # noqa: N802
        written = node.node.value if isinstance(node.node, nodes.Const) else None
        if isinstance(written, Numeral):
            return self.visit_Const(nodes.Const(number(f"-{written}"), lineno=node.lineno))
        node.node = self.visit(node.node)
        return node

    def visit_And(self, node: nodes.And) -> nodes.Expr:  # noqa: N802
        return self._operands(node, self.visit, self.visit)

    visit_Or = visit_And  # noqa: N815

    def _operands(self, node: nodes.And | nodes.Or, left: _Visit, right: _Visit) -> nodes.Expr:
        node.left = left(node.left)
        node.right = self._collecting_names(self.short_circuited, right, node.right)
        return node

    def _collecting_names(self, names: set[str], visit: _Visit, node: nodes.Expr) -> nodes.Expr:
        """The names that come up on the way are also among `names`."""
        before, self.names = self.names, set()
        visited = visit(node)
        names |= self.names
        self.names |= before
        return visited

    def visit_Getattr(self, node: nodes.Getattr) -> nodes.Expr:  # noqa: N802
        return _filter("known", self._lookup(node))

    def visit_Getitem(self, node: nodes.Getitem) -> nodes.Expr:  # noqa: N802
        return _filter("known", self._lookup(node))

    def visit_Call(self, node: nodes.Call) -> nodes.Expr:  # noqa: N802
        if isinstance(node.node, nodes.Name):
            self.calls.add(node.node.name)
            if node.node.name == "db_query":
                given = [one.value for one in node.kwargs if one.key == "alias"]
                if not given and node.dyn_kwargs is None:
                    self.databases.add("default")
                self.databases |= {one.value for one in given if isinstance(one, nodes.Const)}
            if node.dyn_args is None and node.dyn_kwargs is None:
                self.call_signatures.add(
                    CallSignature(node.node.name, len(node.args), _keywords(node))
                )
            node.node = nodes.Name(f"f_{node.node.name}", "load", lineno=node.lineno)
        else:
            node.node = self._lookup(node.node)
        return self._parts(node, "args", "kwargs", "dyn_args", "dyn_kwargs")

    def visit_Filter(self, node: nodes.Filter) -> nodes.Expr:  # noqa: N802
        reached = self._lookup(node)
        return _filter("known", reached) if node.name in _PICKERS else reached

    def visit_Test(self, node: nodes.Test) -> nodes.Expr:  # noqa: N802
        return self._applied(node, "test", SANDBOX.tests, _ASKS_DEFINED)

    def visit_Concat(self, node: nodes.Concat) -> nodes.Expr:  # noqa: N802
        first, *rest = map(self.visit, node.nodes)
        return _filter("concat", first, *rest)

    def visit_Compare(self, node: nodes.Compare) -> nodes.Expr:  # noqa: N802
        pairs = [(nodes.Const(one.op), self.visit(one.expr)) for one in node.ops]
        return _filter("compare", self.visit(node.expr), *(part for pair in pairs for part in pair))

    def visit_CondExpr(self, node: nodes.CondExpr) -> nodes.Expr:  # noqa: N802
        _require_else(node)
        return self._branches(node, self.visit, self.visit)

    def _branches(self, node: nodes.CondExpr, test: _Visit, each: _Visit) -> nodes.Expr:
        assert node.expr2 is not None  # noqa: S101 - see visit_CondExpr
        node.test = test(node.test)
        node.expr1 = self._collecting_names(self.optional, each, node.expr1)
        node.expr2 = self._collecting_names(self.optional, each, node.expr2)
        return node

    def _lookup(self, node: nodes.Expr) -> nodes.Expr:
        """The node's value or what says that it is missing."""
        match node:
            case nodes.Name() if node.name not in _CONSTANTS:
                self.names.add(node.name)
                return nodes.Name(f"v_{node.name}", "load", lineno=node.lineno)
            case nodes.Getattr() | nodes.Getitem():
                if isinstance(node.node, nodes.Name) and node.node.name == "steps":
                    name = (
                        node.attr
                        if isinstance(node, nodes.Getattr)
                        else getattr(node.arg, "value", None)
                    )
                    self.steps |= {name} if isinstance(name, str) else set()
                node.node = self._lookup(node.node)
                return self._parts(node, "arg") if isinstance(node, nodes.Getitem) else node
            case nodes.Filter():
                return self._applied(node, "filter", FILTERS, _MISSING_ALLOWED)
            case _:
                return self.value(node)

    def _applied(
        self,
        node: nodes.Filter | nodes.Test,
        kind: str,
        known: Mapping[str, Any],
        missing_allowed: Collection[str],
    ) -> nodes.Expr:
        """A filter or a test; the value of some may be missing."""
        if node.name not in known:
            message = tr(
                "no filter {name!r}{hint}" if kind == "filter" else "no test {name!r}{hint}",
                name=node.name,
                hint=near(node.name, known),
            )
            raise jinja2.TemplateSyntaxError(message, node.lineno)
        _require_arguments(kind, node, known[node.name])
        if node.node is not None and node.name in missing_allowed:
            node.node = self._collecting_names(self.optional, self._lookup, node.node)
        elif node.node is not None:
            node.node = self.visit(node.node)
        return self._parts(node, "args", "kwargs", "dyn_args", "dyn_kwargs")

    def whole(self, node: nodes.Expr) -> nodes.Expr:
        return self.value(node)

    def value(self, node: nodes.Expr) -> nodes.Expr:
        visited: nodes.Expr = self.visit(node)
        return visited

    def _parts(self, node: nodes.Expr, *fields: str) -> nodes.Expr:
        for field in fields:
            part = getattr(node, field)
            if isinstance(part, list):
                setattr(node, field, [self.visit(one) for one in part])
            elif part is not None:
                setattr(node, field, self.visit(part))
        return node


class _ConditionRewriter(_Rewriter):
    """Text is never true just for being there: what and, or, not and if ask is a truth value,
    and says so as a lone value does. Nor is text that spells a number repeated or joined for it."""

    def whole(self, node: nodes.Expr) -> nodes.Expr:
        return self._truth(node)

    def _truth(self, node: nodes.Expr) -> nodes.Expr:
        if isinstance(node, nodes.And | nodes.Or):
            return self._operands(node, self._truth, self._truth)
        if isinstance(node, nodes.Not):
            return self.visit_Not(node)
        if isinstance(node, nodes.CondExpr) and node.expr2 is not None:
            return self._branches(node, self._truth, self._truth)
        return _filter("truth", self.visit(node))

    def visit_And(self, node: nodes.And) -> nodes.Expr:  # noqa: N802
        """Gives one of the two values: `${name or 'x'} == 'x'`."""
        return _filter(
            "unjudged",
            self._operands(node, lambda left: _filter("judged", self.visit(left)), self.visit),
        )

    visit_Or = visit_And  # noqa: N815

    def visit_Not(self, node: nodes.Not) -> nodes.Expr:  # noqa: N802
        node.node = self._truth(node.node)
        return node

    def visit_CondExpr(self, node: nodes.CondExpr) -> nodes.Expr:  # noqa: N802
        _require_else(node)
        return self._branches(node, self._truth, self.visit)

    def visit_Mul(self, node: nodes.Mul) -> nodes.Expr:  # noqa: N802
        return _filter("product", self.visit(node.left), self.visit(node.right))

    def visit_Add(self, node: nodes.Add) -> nodes.Expr:  # noqa: N802
        return _filter("sum", self.visit(node.left), self.visit(node.right))


def _require_else(node: nodes.CondExpr) -> None:
    if node.expr2 is None:
        raise jinja2.TemplateSyntaxError(tr("an if needs its else"), node.lineno)


def _filter(name: str, node: nodes.Expr, *args: nodes.Expr) -> nodes.Filter:
    return nodes.Filter(node, f" {name}", list(args), [], None, None, lineno=node.lineno)


def _keywords(node: Any) -> tuple[str, ...]:
    """The names of the arguments by name of a call, a filter or a test."""
    return tuple(sorted(one.key for one in node.kwargs))


def _require_arguments(kind: str, node: nodes.Filter | nodes.Test, target: Any) -> None:
    """Beside the value, and beside what Jinja2 itself passes to some of its own."""
    if node.dyn_args is not None or node.dyn_kwargs is not None:
        return
    passed = 2 if hasattr(target, "jinja_pass_arg") else 1
    wrong = binding_error(target, passed + len(node.args), _keywords(node))
    if wrong:
        message = tr(
            "wrong arguments for the filter {name!r}: {wrong}"
            if kind == "filter"
            else "wrong arguments for the test {name!r}: {wrong}",
            name=node.name,
            wrong=described(wrong),
        )
        raise jinja2.TemplateSyntaxError(message, node.lineno)
