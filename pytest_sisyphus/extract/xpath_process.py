"""One XPath that may take long, evaluated by a process of its own, which has a time limit."""

import signal
import sys
from pathlib import Path
from typing import Any, Final

from pytest_sisyphus.errors import ConfigError, ResponseInvalid
from pytest_sisyphus.scripting.process import CompletedProgram, Program, run

#: of computing, with reading the body; and by the clock, on a machine that has other work.
_SECONDS: Final = 10
_CLOCK_SECONDS: Final = 120
_MEMORY: Final = 2 * 1024**3
_CHILD: Final = Path(__file__).parent / "xpath_child.py"


def find(
    path: str, namespaces: tuple[tuple[str, str], ...], text: str, kind: str, nodes: int
) -> tuple[tuple[Any, ...], bool]:
    """As `xpath.find`; `nodes` of the body are named where the time was not enough."""
    request = {
        "path": [*filter(None, sys.path), str(_CHILD.parents[2])],
        "seconds": _SECONDS,
        "arguments": [path, namespaces],
        "body": [text, kind],
    }
    command = (sys.executable, "-I", "-S", "-X", "utf8", str(_CHILD))
    try:
        ended = run(
            Program(
                command=command,
                request=request,
                folder=_CHILD.parent,
                seconds=_CLOCK_SECONDS,
                memory=_MEMORY,
            )
        )
    except OSError as error:
        raise ConfigError(
            f"the XPath {path[:80]!r} may take long, and no process can be started for it: {error}"
        ) from error
    return _result_of(ended, path, nodes)


def _result_of(ended: CompletedProgram, path: str, nodes: int) -> tuple[tuple[Any, ...], bool]:
    match ended.result:
        case {"matches": list(matches), "several": bool(several)}:
            return tuple(matches), several
        case {"unreadable": str(message)}:
            raise ResponseInvalid(message)
        case {"error": str(message)}:
            raise ConfigError(message)
    if ended.expired or ended.returncode == -signal.SIGXCPU:
        raise ConfigError(
            f"the XPath {path[:80]!r} was stopped after {_SECONDS} s of computing: the body has "
            f"about {nodes} nodes; write //*[self::a or self::b] for //a | //b, name each "
            "step instead of a second //, and avoid // and axes inside of [ ]"
        )
    why = "it finds more than 64 MiB" if ended.oversized else ended.output.strip()[-200:]
    raise ConfigError(
        f"the XPath {path[:80]!r} cannot be evaluated: {why or f'exit code {ended.returncode}'}"
    )
