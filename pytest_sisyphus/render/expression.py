"""One expression: parsed by Jinja2, rewritten to be strict, compiled when first evaluated."""

import functools
import re
from collections.abc import Callable, Iterable
from typing import Any

import jinja2
from jinja2 import nodes
from jinja2.parser import Parser
from jinja2.visitor import NodeTransformer

from pytest_sisyphus.errors import TemplateError
from pytest_sisyphus.numerals import Numeral, UnholdableNumberError, number
from pytest_sisyphus.registry import near

from .calling import Call, misbound
from .comparing import TESTS
from .filters import FILTERS, INTERNAL
from .reach import plain_reach
from .sandbox import Names, Sandbox, ScopeContext
from .scan import Source
from .text import UnevaluableError

SANDBOX = Sandbox({**FILTERS, **INTERNAL}, TESTS)

#: all that evaluating can raise; anything else is our bug and keeps its traceback.
_FAILURES = (
    ArithmeticError,
    AttributeError,
    LookupError,
    MemoryError,
    RecursionError,
    TypeError,
    ValueError,
    jinja2.TemplateError,
)
#: the further spellings of constants; Jinja2 knows true, True, false, False, none and None.
_CONSTANTS = {
    **dict.fromkeys(["null", "Null", "NULL", "NONE"]),
    "TRUE": True,
    "FALSE": False,
}
_ENDS = re.compile("'?end of (?:template|print statement)'?")
_MISSING_ALLOWED = frozenset(["default", "d"])
_ASKS_DEFINED = frozenset(["defined", "undefined"])
#: filters that may find nothing.
_PICKERS = frozenset(["first", "last", "max", "min"])


class Expressions:
    """Expressions that are evaluated together: the `${…}` of one text."""

    def __init__(self, sources: Iterable[Source], *, boolean: bool = False) -> None:
        rewriter = _OfCondition() if boolean else _Rewriter()
        parsed = [_parse(source, rewriter) for source in sources]
        self.names = frozenset(rewriter.names)
        self.calls = frozenset(rewriter.calls)
        self.called = frozenset(rewriter.called)
        self.steps = frozenset(rewriter.steps)
        self.databases = frozenset(rewriter.databases)
        self._hidden = tuple(sorted(rewriter.hidden - rewriter.asked))
        self._nodes = parsed
        reaches = [plain_reach(node, SANDBOX) for node in parsed]
        self._reaches = [reach for reach in reaches if reach] if all(reaches) else None

    @property
    def only_reads(self) -> bool:
        """All its names are read whenever it is evaluated, and nothing else is done."""
        return self._reaches is not None

    def evaluate(self, names: Names) -> list[Any]:
        """Raises UnevaluableError."""
        try:
            if self._reaches is not None:
                return [reach(names) for reach in self._reaches]
            for name in self._hidden:
                if not names.has(name):
                    raise names.complaint(name)
            context = ScopeContext(SANDBOX, {}, None, {})
            context.names = names
            for _ in self._compiled.root_render_func(context):
                pass
            return list(context.vars["result"])
        except UnevaluableError:
            raise
        except _FAILURES as exc:
            raise UnevaluableError(_reason(exc)) from exc

    @functools.cached_property
    def _compiled(self) -> jinja2.Template:
        together = nodes.Tuple(self._nodes, "load")
        assignment = nodes.Assign(nodes.Name("result", "store"), together)
        tree = nodes.Template([assignment], lineno=1)
        tree.set_environment(SANDBOX)
        try:
            code = SANDBOX.compile(tree)
        except (SyntaxError, RecursionError, MemoryError) as exc:
            raise UnevaluableError("the expression is nested too deeply") from exc
        return jinja2.Template.from_code(SANDBOX, code, {})


def _reason(exc: BaseException) -> str:
    if isinstance(exc, RecursionError | MemoryError):
        return "the value is nested too deeply"
    if isinstance(exc, ZeroDivisionError):
        return "division by zero"
    return f"{type(exc).__name__}: {exc}"


def _parse(source: Source, rewriter: "_Rewriter") -> nodes.Expr:
    try:
        parser = _Parser(SANDBOX, source.code)
        return rewriter.whole(parser.parse_whole())
    except jinja2.TemplateSyntaxError as exc:
        message = _ENDS.sub("the end", str(exc.message))
        raise TemplateError(message, offset=source.offset(exc.lineno)) from exc
    except (RecursionError, ValueError) as exc:
        message = "a number is too long" if isinstance(exc, ValueError) else "nested too deeply"
        raise TemplateError(message, offset=source.start) from exc


class _Parser(Parser):
    """Jinja2's grammar, with `a contains b` beside `in`, and `not` before any operand."""

    def __init__(self, environment: Sandbox, code: str) -> None:
        super().__init__(environment, code, state="variable")
        #: every token has a line of its own.
        self._lines = code.split("\n")

    def parse_whole(self) -> nodes.Expr:
        parsed = self.parse_expression()
        if not self.stream.eos:
            self.fail(f"unexpected {self.stream.current.value!r}", self.stream.current.lineno)
        return parsed

    def parse_compare(self) -> nodes.Expr:
        left = super().parse_compare()
        while name := self._contains():
            right = self.parse_math1()
            left = nodes.Compare(right, [nodes.Operand(name, left)], lineno=left.lineno)
        return left

    def _contains(self) -> str | None:
        if self.stream.skip_if("name:contains"):
            return "in"
        negated = self.stream.current.test("name:not")
        if negated and self.stream.look().test("name:contains"):
            self.stream.skip(2)
            return "notin"
        return None

    def parse_primary(self, with_namespace: bool = False) -> nodes.Expr:
        if self.stream.current.test("name:not"):
            lineno = next(self.stream).lineno
            return nodes.Not(self.parse_unary(), lineno=lineno)
        token = self.stream.current
        if token.type == "float":
            next(self.stream)
            return nodes.Const(self._decimal(token.lineno), lineno=token.lineno)
        return super().parse_primary(with_namespace)

    def _decimal(self, lineno: int) -> float:
        """Jinja2's own token has lost the digits."""
        try:
            return number(self._lines[lineno - 1].replace("_", ""))
        except UnholdableNumberError:
            self.fail("a number is too large", lineno)


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
        self.called: set[Call] = set()
        #: the names that `steps` is asked for, as far as they are written.
        self.steps: set[str] = set()
        #: the aliases that `db_query` is given, as far as they are written.
        self.databases: set[str] = set()
        #: names behind `and` and `or`, which may never be reached: they must be there all the same.
        self.hidden: set[str] = set()
        #: names that are looked at by `is defined` or `default`, or where an `if` chooses.
        self.asked: set[str] = set()

    def visit_Name(self, node: nodes.Name) -> nodes.Expr:  # noqa: N802  Jinja2's visitor names
        if node.name in _CONSTANTS:
            return nodes.Const(_CONSTANTS[node.name], lineno=node.lineno)
        return _filter("known", self._reach(node))

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
        return self._both(node, self.visit, self.visit)

    visit_Or = visit_And  # noqa: N815

    def _both(self, node: nodes.And | nodes.Or, left: _Visit, right: _Visit) -> nodes.Expr:
        node.left = left(node.left)
        node.right = self._noting(self.hidden, right, node.right)
        return node

    def _noting(self, names: set[str], visit: _Visit, node: nodes.Expr) -> nodes.Expr:
        """The names that come up on the way are also among `names`."""
        before, self.names = self.names, set()
        visited = visit(node)
        names |= self.names
        self.names |= before
        return visited

    def visit_Getattr(self, node: nodes.Getattr) -> nodes.Expr:  # noqa: N802
        return _filter("known", self._reach(node))

    def visit_Getitem(self, node: nodes.Getitem) -> nodes.Expr:  # noqa: N802
        return _filter("known", self._reach(node))

    def visit_Call(self, node: nodes.Call) -> nodes.Expr:  # noqa: N802
        if isinstance(node.node, nodes.Name):
            self.calls.add(node.node.name)
            self._note_database(node)
            if node.dyn_args is None and node.dyn_kwargs is None:
                self.called.add(Call(node.node.name, len(node.args), _keywords(node)))
            node.node = nodes.Name(f"f_{node.node.name}", "load", lineno=node.lineno)
        else:
            node.node = self._reach(node.node)
        return self._parts(node, "args", "kwargs", "dyn_args", "dyn_kwargs")

    def visit_Filter(self, node: nodes.Filter) -> nodes.Expr:  # noqa: N802
        reached = self._reach(node)
        return _filter("known", reached) if node.name in _PICKERS else reached

    def visit_Test(self, node: nodes.Test) -> nodes.Expr:  # noqa: N802
        _require("test", node.name, SANDBOX.tests, node.lineno)
        _require_arguments("test", node, SANDBOX.tests[node.name])
        if node.name in _ASKS_DEFINED:
            node.node = self._noting(self.asked, self._reach, node.node)
        else:
            node.node = self.visit(node.node)
        return self._parts(node, "args", "kwargs", "dyn_args", "dyn_kwargs")

    def visit_Concat(self, node: nodes.Concat) -> nodes.Expr:  # noqa: N802
        first, *rest = map(self.visit, node.nodes)
        return _filter("concat", first, *rest)

    def visit_Compare(self, node: nodes.Compare) -> nodes.Expr:  # noqa: N802
        pairs = [(nodes.Const(one.op), self.visit(one.expr)) for one in node.ops]
        return _filter("compare", self.visit(node.expr), *(part for pair in pairs for part in pair))

    def visit_CondExpr(self, node: nodes.CondExpr) -> nodes.Expr:  # noqa: N802
        _require_else(node)
        return self._chosen(node, self.visit, self.visit)

    def _chosen(self, node: nodes.CondExpr, test: _Visit, each: _Visit) -> nodes.Expr:
        assert node.expr2 is not None  # noqa: S101 - see visit_CondExpr
        node.test = test(node.test)
        node.expr1 = self._noting(self.asked, each, node.expr1)
        node.expr2 = self._noting(self.asked, each, node.expr2)
        return node

    def _reach(self, node: nodes.Expr) -> nodes.Expr:
        """The node's value or what says that it is missing."""
        match node:
            case nodes.Name() if node.name not in _CONSTANTS:
                self.names.add(node.name)
                return nodes.Name(f"v_{node.name}", "load", lineno=node.lineno)
            case nodes.Getattr() | nodes.Getitem():
                self._note_step(node)
                node.node = self._reach(node.node)
                return self._parts(node, "arg") if isinstance(node, nodes.Getitem) else node
            case nodes.Filter():
                return self._reach_filter(node)
            case _:
                return self.value(node)

    def _note_step(self, node: nodes.Getattr | nodes.Getitem) -> None:
        name = node.attr if isinstance(node, nodes.Getattr) else getattr(node.arg, "value", None)
        if isinstance(node.node, nodes.Name) and node.node.name == "steps":
            self.steps |= {name} if isinstance(name, str) else set()

    def _note_database(self, node: nodes.Call) -> None:
        if not isinstance(node.node, nodes.Name) or node.node.name != "db_query":
            return
        given = [one.value for one in node.kwargs if one.key == "alias"]
        if not given and node.dyn_kwargs is None:
            self.databases.add("default")
        self.databases |= {one.value for one in given if isinstance(one, nodes.Const)}

    def _reach_filter(self, node: nodes.Filter) -> nodes.Expr:
        _require("filter", node.name, FILTERS, node.lineno)
        _require_arguments("filter", node, FILTERS[node.name])
        if node.node is not None:
            if node.name in _MISSING_ALLOWED:
                node.node = self._noting(self.asked, self._reach, node.node)
            else:
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


class _OfCondition(_Rewriter):
    """Text is never true just for being there: what and, or, not and if ask is a truth value,
    and says so as a lone value does. Nor is text that spells a number repeated or joined for it."""

    def whole(self, node: nodes.Expr) -> nodes.Expr:
        return self._truth(node)

    def _truth(self, node: nodes.Expr) -> nodes.Expr:
        if isinstance(node, nodes.And | nodes.Or):
            return self._both(node, self._truth, self._truth)
        if isinstance(node, nodes.Not):
            return self.visit_Not(node)
        if isinstance(node, nodes.CondExpr) and node.expr2 is not None:
            return self._chosen(node, self._truth, self._truth)
        return _filter("truth", self.visit(node))

    def visit_And(self, node: nodes.And) -> nodes.Expr:  # noqa: N802
        """Gives one of the two values: `${name or 'x'} == 'x'`."""
        return _filter("unjudged", self._both(node, self._judged, self.visit))

    visit_Or = visit_And  # noqa: N815

    def _judged(self, node: nodes.Expr) -> nodes.Expr:
        return _filter("judged", self.visit(node))

    def visit_Not(self, node: nodes.Not) -> nodes.Expr:  # noqa: N802
        node.node = self._truth(node.node)
        return node

    def visit_CondExpr(self, node: nodes.CondExpr) -> nodes.Expr:  # noqa: N802
        _require_else(node)
        return self._chosen(node, self._truth, self.visit)

    def visit_Mul(self, node: nodes.Mul) -> nodes.Expr:  # noqa: N802
        return _filter("product", self.visit(node.left), self.visit(node.right))

    def visit_Add(self, node: nodes.Add) -> nodes.Expr:  # noqa: N802
        return _filter("sum", self.visit(node.left), self.visit(node.right))


def _require_else(node: nodes.CondExpr) -> None:
    if node.expr2 is None:
        raise jinja2.TemplateSyntaxError("an if needs its else", node.lineno)


def _filter(name: str, node: nodes.Expr, *args: nodes.Expr) -> nodes.Filter:
    return nodes.Filter(node, f" {name}", list(args), [], None, None, lineno=node.lineno)


def _keywords(node: Any) -> tuple[str, ...]:
    """Of a call, a filter or a test."""
    return tuple(sorted(one.key for one in node.kwargs))


def _require_arguments(kind: str, node: nodes.Filter | nodes.Test, target: Any) -> None:
    """Beside the value, and beside what Jinja2 itself passes to some of its own."""
    if node.dyn_args is not None or node.dyn_kwargs is not None:
        return
    passed = 2 if hasattr(target, "jinja_pass_arg") else 1
    wrong = misbound(target, passed + len(node.args), _keywords(node))
    if wrong:
        message = f"wrong arguments for the {kind} {node.name!r}: {wrong}"
        raise jinja2.TemplateSyntaxError(message, node.lineno)


def _require(kind: str, name: str, there: Iterable[str], line: int) -> None:
    if name not in set(there):
        raise jinja2.TemplateSyntaxError(f"no {kind} {name!r}{near(name, there)}", line)
