"""Python scripts before they run: compiled here, so that mistakes show at collection."""

import ast
import contextlib
import functools
import marshal
import warnings
from collections.abc import Iterator
from typing import Final

from pytest_sisyphus.i18n import tr

FILE: Final = "<script>"
#: the child program puts what they mean behind these names.
RESULT: Final = "__sisyphus_result__"
RETURN: Final = "__sisyphus_return__"


class ScriptSyntaxError(ValueError):
    """a script that is not Python"""

    def __init__(self, message: str, line: int = 1) -> None:
        super().__init__(message)
        #: of the script, from 1.
        self.line = line


@functools.lru_cache(maxsize=256)
def compiled(text: str) -> bytes:
    """The script's code as the child program loads it. Raises ScriptSyntaxError."""
    with _syntax_errors(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # an odd escape is no mistake
        tree = ast.parse(text, FILE)
        if tree.body and isinstance(last := tree.body[-1], ast.Expr):  # its value is the result
            target = ast.Name(id=RESULT, ctx=ast.Store())
            tree.body[-1] = ast.copy_location(ast.Assign(targets=[target], value=last.value), last)
        _TopReturns().visit(tree)
        ast.fix_missing_locations(tree)
        return marshal.dumps(compile(tree, FILE, "exec", dont_inherit=True))


def first_import(text: str) -> int | None:
    """The line of the first `import`. Raises ScriptSyntaxError."""
    with _syntax_errors(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tree = ast.parse(text, FILE)
    lines = (
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        or (isinstance(node, ast.Name) and node.id == "__import__")
    )
    return min(lines, default=None)


@contextlib.contextmanager
def _syntax_errors() -> Iterator[None]:
    try:
        yield
    except SyntaxError as error:
        raise ScriptSyntaxError(error.msg, error.lineno or 1) from error
    except (ValueError, RecursionError, MemoryError) as error:
        raise ScriptSyntaxError(str(error) or tr("it is nested too deeply")) from error


class _TopReturns(ast.NodeTransformer):
    """`return x` outside of functions raises what ends the script, past any bare `except`."""

    def visit_Return(self, node: ast.Return) -> ast.AST:
        value = node.value or ast.Constant(value=None)
        call = ast.Call(func=ast.Name(id=RETURN, ctx=ast.Load()), args=[value], keywords=[])
        return ast.copy_location(ast.Raise(exc=call, cause=None), node)

    def visit_Try(self, node: ast.Try) -> ast.AST:
        returns = any(isinstance(one, ast.Return) for part in node.body for one in ast.walk(part))
        self.generic_visit(node)
        if returns and node.handlers:
            ended = ast.ExceptHandler(
                type=ast.Name(id=RETURN, ctx=ast.Load()), name=None, body=[ast.Raise()]
            )
            node.handlers.insert(0, ast.copy_location(ended, node))
        return node

    def visit_FunctionDef(self, node: ast.AST) -> ast.AST:
        return node

    visit_AsyncFunctionDef = visit_Lambda = visit_ClassDef = visit_FunctionDef  # noqa: N815 - ast's names
