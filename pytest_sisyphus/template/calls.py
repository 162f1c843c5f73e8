"""Calls a function for a template: whatever it raises names the function."""

import dataclasses
import functools
import inspect
from collections.abc import Callable
from typing import Any, Final

from pytest_sisyphus.errors import SisyphusError
from pytest_sisyphus.extensions.guard import describe_error, is_builtin
from pytest_sisyphus.extensions.types import Function
from pytest_sisyphus.i18n import marked, tr
from pytest_sisyphus.i18n.foreign import translated
from pytest_sisyphus.template.text import EvaluationError

#: as `inspect` says it.
_BINDING: Final = (
    marked("missing a required argument: {name}"),
    marked("missing a required keyword-only argument: {name}"),
    marked("too many positional arguments"),
    marked("multiple values for argument {name}"),
    marked("got an unexpected keyword argument {name}"),
)


@dataclasses.dataclass(frozen=True, slots=True, order=True)
class CallSignature:
    """A call as it is written: how many arguments by position, which by name."""

    name: str
    positional: int
    named: tuple[str, ...]


def argument_error(function: Function, call: CallSignature) -> str | None:
    """What is wrong with its arguments, whatever their values."""
    wrong = binding_error(function.call, call.positional, call.named)
    return wrong and _wrong_arguments(signature(function), wrong)


def described(wrong: str) -> str:
    """What `binding_error` found, for people."""
    return translated(wrong, _BINDING)


def _wrong_arguments(function: str, wrong: str) -> str:
    return tr("wrong arguments for {function}: {wrong}", function=function, wrong=described(wrong))


@functools.lru_cache(maxsize=1024)
def binding_error(
    target: Callable[..., Any], positional: int, named: tuple[str, ...]
) -> str | None:
    try:
        inspect.signature(target).bind(*range(positional), **dict.fromkeys(named))
    except TypeError as wrong:
        return str(wrong)
    except ValueError:  # a function in C without a signature
        return None
    return None


def call_function(function: Function, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    try:
        return function.call(*args, **kwargs)
    except (SisyphusError, EvaluationError):
        raise
    except Exception as exc:  # a user's function may raise anything: it is the template's error
        is_wrong = isinstance(exc, TypeError) and is_builtin(function.call)
        hint = tr("; it is {function}", function=signature(function)) if is_wrong else ""
        raise EvaluationError(_reason(function, args, kwargs, exc), hint) from exc


def signature(function: Function) -> str:
    return f"{function.name}{inspect.signature(function.call)}"


def _reason(
    function: Function, args: tuple[Any, ...], kwargs: dict[str, Any], exc: Exception
) -> str:
    try:
        inspect.signature(function.call).bind(*args, **kwargs)
    except TypeError as wrong:
        return _wrong_arguments(signature(function), str(wrong))
    except ValueError:  # a function in C without a signature
        return tr("{function} failed: {error}", function=f"{function.name}()", error=exc)
    trace = exc.__traceback__
    has_place = not is_builtin(function.call) and trace is not None and trace.tb_next is not None
    error = describe_error(exc) if has_place else f"{type(exc).__name__}: {exc}"
    return tr("{function} failed: {error}", function=f"{function.name}()", error=error)
