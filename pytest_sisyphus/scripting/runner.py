"""The child program: runs one Python script. Standard library only, and as little of it as can be.

Arguments: the descriptors of the result and of the trace. Standard input is the request:
`{code, variables, response, path, folder, seconds, memory}` (code: marshalled, as base64). The
result is one JSON object: `{result, variables, left_out}`, or
`{error: {type, message, frames, exit, code}, variables}`.
"""

import binascii
import builtins
import faulthandler
import json
import marshal
import os
import re
import resource
import sys
from collections.abc import Callable, Mapping
from typing import Any, Final

FILE: Final = "<script>"
ABSENT: Final[Any] = object()
MAX_DEPTH: Final = 100
#: stands before a Numeral's digits while they are a string.
MARK: Final = os.urandom(16).hex()


class _Returned(BaseException):
    """`return` at the top of the script."""

    def __init__(self, value: Any) -> None:
        super().__init__()
        self.value = value


class Numeral(float):
    """A decimal that a double would change: `str` of it is what was written."""

    __slots__ = ("text",)

    text: str

    def __repr__(self) -> str:
        return self.text


def _number(text: str) -> float:
    plain = float(text)
    if repr(plain) == text:
        return plain
    made = Numeral(text)
    made.text = text
    return made


class NotJsonError(TypeError):
    """a value that JSON cannot say"""


def main() -> None:
    result_fd, trace_fd = (int(text) for text in sys.argv[1:3])
    with open(0, "rb", closefd=False) as stdin:
        request = json.load(stdin, parse_float=_number)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    for kind in (resource.RLIMIT_DATA, resource.RLIMIT_CORE):
        _, hard = resource.getrlimit(kind)
        wanted = request["memory"] if kind == resource.RLIMIT_DATA else 0
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(kind, (soft, soft))
    sys.path[:] = [request["folder"], *request["path"]]
    faulthandler.enable(file=trace_fd)
    faulthandler.dump_traceback_later(request["seconds"], exit=True, file=trace_fd)
    pid = os.getpid()
    result = _execute(request)
    if os.getpid() != pid:  # a process that the script forked came back here
        os._exit(0)
    text = re.sub(
        f'"{MARK}([^"]*)"', r"\1", json.dumps(result, ensure_ascii=True, allow_nan=False)
    ).encode()
    while text:
        text = text[os.write(result_fd, text) :]
    for stream in {sys.stdout, sys.__stdout__, sys.stderr}:
        try:
            stream.flush()  # type: ignore[union-attr] # None has no flush: that is caught
        except (AttributeError, OSError, ValueError):
            continue  # the script closed it, or put something else in its place
    os._exit(0)  # daemon threads do not keep us


def _execute(request: Mapping[str, Any]) -> dict[str, Any]:
    variables = dict(request["variables"])
    changed: dict[str, Any] = {}
    names = _namespace(request, variables, changed)
    before = set(names)
    try:
        value = _run(request["code"], names)
    except BaseException as error:  # noqa: BLE001 - whatever a script raises is what there is to tell
        return {"error": _error_document(error), "variables": changed}
    left_out = {}
    for name, item in names.items():  # top-level names become variables, as far as they can
        if name.startswith("_") or name in before:
            continue
        try:
            changed[name] = jsonable(item)
        except NotJsonError as error:
            left_out[name] = str(error)
    try:
        return {"result": jsonable(value), "variables": changed, "left_out": left_out}
    except NotJsonError as error:
        left_out["(result)"] = str(error)
        return {"result": None, "variables": changed, "left_out": left_out}


def _namespace(
    request: Mapping[str, Any], variables: dict[str, Any], changed: dict[str, Any]
) -> dict[str, Any]:
    def get_var(name: str, default: Any = ABSENT) -> Any:
        value = variables.get(name, default)
        if value is ABSENT:
            import difflib  # noqa: PLC0415 - only for the message

            close = difflib.get_close_matches(str(name), variables, n=1)
            hint = f"; did you mean {close[0]!r}?" if close else "; give get_var() a default"
            raise NameError(f"no variable {name!r}{hint}")
        return value

    def set_var(name: str, value: Any) -> None:
        if not isinstance(name, str) or not name:
            raise TypeError(f"set_var() takes a name, not {name!r}")
        try:
            changed[name] = variables[name] = jsonable(value)
        except NotJsonError as error:
            raise TypeError(f"set_var({name!r}): {error}") from None

    def get_all_vars() -> dict[str, Any]:
        return dict(variables)

    functions: tuple[Callable[..., Any], ...] = (get_var, set_var, get_all_vars)
    return {
        "__name__": "__main__",
        "__builtins__": builtins,
        "response": request.get("response"),
        "exit": sys.exit,  # without `site` they are not there
        "quit": sys.exit,
        **{function.__name__: function for function in functions},
    }


def _run(code: str, names: dict[str, Any]) -> Any:
    """The result: what was returned, or the last expression."""
    names["__sisyphus_return__"], names["__sisyphus_result__"] = _Returned, None
    try:
        exec(marshal.loads(binascii.a2b_base64(code)), names)  # noqa: S102, S302 - the point of this program; the plugin compiled it
    except _Returned as returned:
        return returned.value
    finally:
        if "threading" in sys.modules:  # as Python does at the end of a file
            import threading  # noqa: PLC0415 - only where the script did

            for thread in threading.enumerate():
                if thread is not threading.current_thread() and not thread.daemon:
                    thread.join()
    return names["__sisyphus_result__"]


def jsonable(value: Any, depth: int = 0) -> Any:
    """The value as JSON has it. Raises NotJsonError."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return str(value).encode("utf-8", "replace").decode()
    if isinstance(value, int):
        return _integer(int(value))
    if isinstance(value, float) and value - value == 0:
        return f"{MARK}{value.text}" if isinstance(value, Numeral) else float(value)
    if depth > MAX_DEPTH:
        raise NotJsonError("nested too deeply")
    if isinstance(value, list | tuple):
        return [jsonable(item, depth + 1) for item in value]
    if isinstance(value, dict) and all(isinstance(key, str) for key in value):
        return {str(key): jsonable(item, depth + 1) for key, item in value.items()}
    raise NotJsonError(_kind_of(value))


def _integer(number: int) -> int:
    if number.bit_length() > 10_000:
        raise NotJsonError("a number of thousands of digits")
    return number


def _kind_of(value: Any) -> str:
    if isinstance(value, dict):
        return "a mapping whose keys are not all text"
    if isinstance(value, float):
        return f"the number {value}"
    kind = "class" if isinstance(value, type) else type(value).__name__
    return f"{'an' if kind[0] in 'aeiou' else 'a'} {kind}"


def _error_document(error: BaseException) -> dict[str, Any]:
    """`frames`: the script's own, outermost first, as [line, function]."""
    frames = []
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == FILE:
            frames.append([trace.tb_lineno, trace.tb_frame.f_code.co_name])
        trace = trace.tb_next
    try:
        message = str(error)
    except BaseException:  # noqa: BLE001 - a script's own exception may fail to print
        message = ""
    code = error.code if isinstance(error, SystemExit) else None
    return {
        "type": type(error).__name__,
        "message": message[:10_000],
        "frames": [*frames[:5], *frames[5:][-5:]],
        "exit": isinstance(error, SystemExit),
        "code": code if isinstance(code, int) else None,
    }


if __name__ == "__main__":
    main()
