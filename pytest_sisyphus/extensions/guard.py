"""The errors of extensions: for what the code of a user raises, or returns against its contract."""

import functools
import sys
import traceback
import unittest
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from pytest_sisyphus.errors import ExtensionError, SisyphusError
from pytest_sisyphus.i18n import tr

_PACKAGE: Final = str(Path(__file__).parent.parent)


@functools.cache
def _installed() -> tuple[str, ...]:
    import sysconfig  # noqa: PLC0415 - 2 ms; only when something broke

    names = ("stdlib", "platstdlib", "purelib", "platlib")
    return tuple({sysconfig.get_path(name) for name in names})


def is_control_flow(error: BaseException) -> bool:
    """Whether it ends the test or the session, so that nobody may catch it: `KeyboardInterrupt`,
    `pytest.skip`, and also the ordinary exceptions `pytest.exit` and `unittest.SkipTest`."""
    if not isinstance(error, Exception) or isinstance(error, unittest.SkipTest):
        return True
    pytest = sys.modules.get("pytest")  # who raises its `Exit` has imported it
    return pytest is not None and isinstance(error, pytest.exit.Exception)


class ExtensionGuard:
    """Context for calls of an extension's code: what it raises becomes an `ExtensionError`.

    `SisyphusError`s and what ends the test pass. `what` names the extension in the message:
    `the step type 'shout'`. One guard may be entered many times, also at the same time.
    """

    __slots__ = ("_values", "_what")

    def __init__(self, what: str, **values: object) -> None:
        """`what` may be a message that `values` fill in, once something breaks."""
        self._what, self._values = what, values

    @property
    def what(self) -> str:
        return tr(self._what, **self._values) if self._values else self._what

    def __enter__(self) -> None:
        pass

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        # an extension may raise anything: its bug ends the step, not the run
        if isinstance(error, Exception) and not (
            isinstance(error, SisyphusError) or is_control_flow(error)
        ):
            raise ExtensionError.from_exception(
                error, tr("{what} itself broke: {said}", what=self.what, said=describe_error(error))
            ) from error


def contract_violation(what: str, function: Callable[..., Any], wrong: str) -> ExtensionError:
    """The error for a `function` that did not keep to its contract; `wrong`: `returned None, …`."""
    where = defined_at(function)
    said = tr("{what} itself broke: it {wrong}", what=what, wrong=wrong)
    return ExtensionError(tr("{said} ({where})", said=said, where=where) if where else said)


def describe_type(value: object) -> str:
    """`a value of type dict`: not the value, which may hold a secret."""
    return "None" if value is None else tr("a value of type {kind}", kind=type(value).__name__)


def describe_error(error: BaseException) -> str:
    """`RuntimeError: no such user (conftest.py:12)`: the line is the innermost of the user's."""
    first, line_end, rest = str(error).partition("\n")
    named = f"{type(error).__name__}: {first}" if first else type(error).__name__
    frames = traceback.extract_tb(error.__traceback__)
    libraries = (_PACKAGE, *_installed(), "<", sys.base_prefix + "/lib/")
    own = [frame for frame in frames if not frame.filename.startswith(libraries)]
    where = "".join(f" ({_shown(one.filename, one.lineno)})" for one in [*frames, *own][-1:])
    return f"{named}{where}{line_end}{rest}"


def defined_at(function: Callable[..., Any]) -> str:
    """`conftest.py:3`; empty where that cannot be describe_error."""
    code = getattr(getattr(function, "__func__", function), "__code__", None)
    return "" if code is None else _shown(code.co_filename, code.co_firstlineno)


def is_builtin(function: Callable[..., Any]) -> bool:
    """Whether this package defines it."""
    code = getattr(getattr(function, "__func__", function), "__code__", None)
    return code is not None and code.co_filename.startswith(_PACKAGE)


def _shown(file: str, line: int | None) -> str:
    path = Path(file)
    shown = path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
    return f"{shown}:{line}"
