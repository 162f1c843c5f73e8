"""One XPath that may take long, evaluated by a process of its own, which has a time limit."""

import signal
import sys
from pathlib import Path
from typing import Any, Final

from pytest_sisyphus.errors import ConfigError, ResponseInvalid, in_words
from pytest_sisyphus.i18n import language, tr
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
        "language": language(),
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
            tr(
                "the XPath {path!r} may take long, and no process can be started for it: {error}",
                path=path[:80],
                error=in_words(error),
            )
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
            tr(
                "the XPath {path!r} was stopped after {seconds} s of computing: the body has about "
                "{nodes} nodes; write //*[self::a or self::b] for //a | //b, name each step "
                "instead of a second //, and avoid // and axes inside of [ ]",
                path=path[:80],
                seconds=_SECONDS,
                nodes=nodes,
            )
        )
    if ended.oversized:
        reason = tr("it finds more than 64 MiB")
    else:
        last = ended.output.strip()[-200:]
        reason = last or tr("exit code {code}", code=ended.returncode)
    raise ConfigError(
        tr("the XPath {path!r} cannot be evaluated: {reason}", path=path[:80], reason=reason)
    )
