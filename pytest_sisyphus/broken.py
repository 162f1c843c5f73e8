"""What to say when a part that somebody brought - a step type, a check, a hook - itself breaks."""

import sys
import sysconfig
import traceback
import unittest
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import pytest

from .errors import PartBroke, SisyphusError

_OURS: Final = str(Path(__file__).parent)
_INSTALLED: Final = tuple(
    {sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")}
)


def ends_the_test(error: BaseException) -> bool:
    """pytest's own way to end a test or the session, which no part may swallow: although some of
    these are ordinary exceptions (`pytest.exit`, `unittest.SkipTest`)."""
    own_ways = pytest.exit.Exception, unittest.SkipTest
    return not isinstance(error, Exception) or isinstance(error, own_ways)


@contextmanager
def foreign(what: str) -> Iterator[None]:
    """Runs somebody's part; whatever it raises that is no error of ours says `what` broke."""
    try:
        yield
    except SisyphusError:
        raise
    except Exception as error:  # a user's part may raise anything: its bug ends the step, no run
        if ends_the_test(error):
            raise
        raise PartBroke.by(error, f"{what} itself broke: {told(error)}") from error


def gave_nonsense(what: str, part: Callable[..., Any], wrong: str) -> PartBroke:
    """`wrong`: what the part did instead of keeping to its contract."""
    where = defined_at(part)
    return PartBroke(f"{what} itself broke: it {wrong}" + (f" ({where})" if where else ""))


def described(value: object) -> str:
    """Without the value, which may hold a secret."""
    return "None" if value is None else f"a value of type {type(value).__name__}"


def told(error: BaseException) -> str:
    """`RuntimeError: no such user (conftest.py:12)`."""
    first, line_end, rest = str(error).partition("\n")
    named = f"{type(error).__name__}: {first}" if first else type(error).__name__
    where = _raised_at(error)
    return f"{named} ({where}){line_end}{rest}" if where else f"{named}{line_end}{rest}"


def defined_at(function: Callable[..., Any]) -> str:
    """`conftest.py:3`; empty where that cannot be told."""
    code = getattr(getattr(function, "__func__", function), "__code__", None)
    return "" if code is None else _shown(code.co_filename, code.co_firstlineno)


def is_ours(function: Callable[..., Any]) -> bool:
    code = getattr(getattr(function, "__func__", function), "__code__", None)
    return code is not None and code.co_filename.startswith(_OURS)


def _raised_at(error: BaseException) -> str:
    """The innermost line of the user's own; else of whoever raised it."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if not _is_foreign(frame.filename)]
    innermost = [*frames, *own][-1:]
    return "".join(_shown(frame.filename, frame.lineno) for frame in innermost)


def _is_foreign(file: str) -> bool:
    return file.startswith((_OURS, *_INSTALLED, "<", sys.base_prefix + "/lib/"))


def _shown(file: str, line: int | None) -> str:
    path = Path(file)
    shown = path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
    return f"{shown}:{line}"
