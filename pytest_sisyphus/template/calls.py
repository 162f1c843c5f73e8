"""Calls a function for a template: whatever it raises names the function."""

import dataclasses
import functools
import inspect
from collections.abc import Callable
from typing import Any

from pytest_sisyphus.errors import SisyphusError
from pytest_sisyphus.extensions.types import Function
from pytest_sisyphus.template.text import EvaluationError


@dataclasses.dataclass(frozen=True, slots=True, order=True)
class CallSignature:
    """A call as it is written: how many arguments by position, which by name."""

    name: str
    positional: int
    named: tuple[str, ...]


def argument_error(function: Function, call: CallSignature) -> str | None:
    """What is wrong with its arguments, whatever their values."""
    wrong = binding_error(function.call, call.positional, call.named)
    return wrong and f"wrong arguments for {signature(function)}: {wrong}"


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
        raise EvaluationError(_reason(function, args, kwargs, exc)) from exc


def signature(function: Function) -> str:
    return f"{function.name}{inspect.signature(function.call)}"


def _reason(
    function: Function, args: tuple[Any, ...], kwargs: dict[str, Any], exc: Exception
) -> str:
    try:
        inspect.signature(function.call).bind(*args, **kwargs)
    except TypeError as wrong:
        return f"wrong arguments for {signature(function)}: {wrong}"
    except ValueError:  # a function in C without a signature
        return f"{function.name}() failed: {exc}"
    return f"{signature(function)} failed: {type(exc).__name__}: {exc}"
