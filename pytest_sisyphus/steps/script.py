"""`type: script`: Python or JavaScript in a process of its own."""

import base64
import re
import shutil
import signal
import sys
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import Field, PlainValidator, WithJsonSchema, model_validator

from pytest_sisyphus.errors import ConfigError, ScriptFailed, SisyphusError, TimedOut, in_words
from pytest_sisyphus.i18n import tr
from pytest_sisyphus.location import Location, plain
from pytest_sisyphus.results import Outcome
from pytest_sisyphus.scripting import source
from pytest_sisyphus.scripting.process import GRACE, CompletedProgram, Program
from pytest_sisyphus.scripting.process import run as run_program
from pytest_sisyphus.spec.context import invalid
from pytest_sisyphus.spec.fields import Flag
from pytest_sisyphus.spec.model import Deferred
from pytest_sisyphus.spec.step import StepSpec
from pytest_sisyphus.steps.protocol import StepContext
from pytest_sisyphus.template.scope import Scope
from pytest_sisyphus.values import exact_json
from pytest_sisyphus.values.describe import short_json

#: bytes of data a script's process may hold.
MEMORY: Final = 512 * 1024 * 1024

_HERE: Final = Path(source.__file__).parent
_NODE_HEAP: Final = f"--max-old-space-size={MEMORY // 2**21}"
_NAME_ERRORS: Final = frozenset({"NameError", "ReferenceError"})
#: as Python and as JavaScript say it.
_UNDEFINED: Final = re.compile(r"^(?:name ')?([^\W\d]\w*)'? is not defined")
_TRACED_LINE: Final = re.compile(r'File "<script>", line (\d+)')
#: what node prints when it runs out of memory.
_OUT_OF_HEAP: Final = re.compile("heap out of memory|allocation failed", re.IGNORECASE)
#: names of the scope, besides variables, that a script reads by get_var.
_ROW_NAMES: Final = ("data", "_data_index", "_data_total", "active_profile")


def _script_text(value: Any) -> Any:
    """The text itself, not a copy, as it knows its line."""
    if not isinstance(value, str):
        raise invalid(tr("a script is text, got {got}", got=short_json(value)))
    return value


class ScriptSpec(StepSpec):
    script: Annotated[
        Any,
        PlainValidator(_script_text),
        WithJsonSchema({"type": "string"}),
        Deferred,
        Field(description="the code; ${…} in it is the code's own text"),
    ]
    script_type: Annotated[
        Literal["python", "javascript"], Field(description="python, or javascript on node")
    ] = "python"
    allow_imports: Annotated[Flag, Field(description="false refuses import")] = True

    @model_validator(mode="after")
    def _can_run(self) -> "ScriptSpec":
        if not self.script.strip():
            raise invalid(tr("the script is empty"), self.location_of("script"))
        if self.script_type != "python":
            return self
        try:
            source.compiled(str(self.script))
            line = source.first_import(str(self.script)) if self.allow_imports is False else None
        except source.ScriptSyntaxError as error:
            raise invalid(tr("not Python: {error}", error=error), self.line(error.line)) from error
        if line is not None:
            raise invalid(tr("allow_imports is false, and the script imports"), self.line(line))
        return self

    def line(self, number: int) -> Location:
        """A line of the script as the case file has it."""
        location = self.location_of("script")
        first = getattr(self.script, "first_line", None)
        return location if first is None else Location(location.file, first + number - 1)


def run(spec: ScriptSpec, context: StepContext) -> Outcome:
    if context.settings.scripts == "deny":
        raise ConfigError(
            tr(
                "{location}: scripts are refused in this run (--sisyphus-scripts=deny)",
                location=spec.location,
            )
        )
    folder = context.resolve(".", spec.location_of("script"))
    program = _LANGUAGES[spec.script_type](spec, context, folder)
    try:
        ended = run_program(program)
    except (OSError, ValueError) as refused:
        raise ScriptFailed(
            tr(
                "{location}: the script cannot be started: {error}",
                location=spec.location,
                error=in_words(refused),
            )
        ) from refused
    result = ended.result if isinstance(ended.result, dict) else {}
    error = _error(spec, ended, context)
    variables = result.get("variables") or {}
    document = {
        "result": result.get("result"),
        "output": ended.output,
        "variables": variables,
        "left_out": result.get("left_out") or {},
    }
    return Outcome(document=document, variables={} if error else variables, error=error)


def _python(spec: ScriptSpec, context: StepContext, folder: Path) -> Program:
    request = {
        **_request(context, folder),
        "code": base64.b64encode(source.compiled(str(spec.script))).decode(),
        "path": [str(one) for one in sys.path if one],
        "seconds": context.limit.total,
        "memory": MEMORY,
    }
    command = (sys.executable, "-I", "-S", "-X", "utf8", str(_HERE / "runner.py"))
    return Program(command=command, request=request, folder=folder, seconds=context.limit.total)


def _javascript(spec: ScriptSpec, context: StepContext, folder: Path) -> Program:
    node = shutil.which("node")
    if node is None:
        raise ConfigError(
            tr(
                "{location}: script_type javascript needs node, which is not in PATH",
                location=spec.location,
            ),
            suggestion=tr("install Node.js, or write the script in Python"),
        )
    return Program(
        command=(node, _NODE_HEAP, str(_HERE / "runner.cjs")),
        request={
            **_request(context, folder),
            "script": str(spec.script),
            "imports": spec.allow_imports,
        },
        folder=folder,
        seconds=context.limit.total - GRACE,
        memory=MEMORY,
    )


_LANGUAGES: Final = {"python": _python, "javascript": _javascript}


def _request(context: StepContext, folder: Path) -> dict[str, Any]:
    scope = context.scope
    row: dict[str, Any] = {
        name: scope.builtins[name] for name in _ROW_NAMES if name in scope.builtins
    }
    return {
        "variables": _sendable({**row, **scope.snapshot()}),
        **_sendable({"response": scope.builtins["response"]}),
        "folder": str(folder),
    }


def _sendable(values: Mapping[str, Any]) -> Any:
    """The values as JSON has them; those that it cannot say are left out."""
    sendable = {}
    for name, value in values.items():
        try:
            sendable[str(name)] = exact_json.loads(
                exact_json.dumps(plain(value), default=_jsonable)
            )
        except (TypeError, ValueError, RecursionError):
            continue
    return sendable


def _jsonable(value: Any) -> Any:
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return value.isoformat() if isinstance(value, date) else str(value)


def _error(spec: ScriptSpec, ended: CompletedProgram, context: StepContext) -> SisyphusError | None:
    """What the end of the process means; None when the script did what it should."""
    result = ended.result if isinstance(ended.result, dict) else {}
    if "error" in result:
        return _script_error(spec, result["error"], context.scope)
    if "result" in result:
        return None
    traced = _TRACED_LINE.search(ended.trace)
    location = spec.line(int(traced[1])) if traced else spec.location_of("script")
    if ended.expired or ended.trace.startswith("Timeout ("):
        return TimedOut(
            tr(
                "{location}: the script ran longer than {seconds:g} s",
                location=location,
                seconds=round(context.limit.total, 3),
            )
        )
    return ScriptFailed(f"{location}: {_crash_reason(ended)}")


def _crash_reason(ended: CompletedProgram) -> str:
    if ended.oversized:
        return tr("the script's result and variables are larger than 64 MiB")
    if _OUT_OF_HEAP.search(ended.output[-5000:]):
        return _out_of_memory()
    if ended.returncode < 0:
        name = signal.Signals(-ended.returncode).name
        return tr("the script's process was ended by {signal}", signal=name)
    return tr(
        "the script ended its process (exit code {code}) without a result", code=ended.returncode
    )


def _out_of_memory() -> str:
    return tr("the script needed more than {size} MiB of memory", size=MEMORY // 2**20)


def _script_error(spec: ScriptSpec, error: Mapping[str, Any], scope: Scope) -> ScriptFailed:
    frames = error.get("frames") or []
    location = spec.line(frames[-1][0]) if frames else spec.location_of("script")
    if error.get("exit"):
        return ScriptFailed(
            tr(
                "{location}: the script called exit ({code})",
                location=location,
                code=error.get("message") or 0,
            ),
            suggestion=tr("end a script early with return; let it fail with an exception"),
        )
    if error["type"] == "MemoryError":
        return ScriptFailed(f"{location}: {_out_of_memory()}")
    message = f": {error['message']}" if error["message"] else ""
    callers = tr(", ").join(str(spec.line(line).line) for line, *_ in frames[:-1])
    called = tr(" (called from line {lines})", lines=callers) if callers else ""
    said = f"{location}: {error['type']}{message}{called}"
    return ScriptFailed(said, suggestion=_variable_meant(error, scope))


def _variable_meant(error: Mapping[str, Any], scope: Scope) -> str:
    """A hint for a variable of the case that the script reads as its own."""
    found = _UNDEFINED.search(error["message"] or "") if error["type"] in _NAME_ERRORS else None
    if found is None or not scope.has(found[1]):
        return ""
    return tr("a variable of the case is read with {form}", form=f'get_var("{found[1]}")')
