"""What validation says, in the formats of those who show it beside the line that it is about."""

import hashlib
import json
import os
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final, Literal

from pytest_sisyphus.i18n import tr
from pytest_sisyphus.values.record import record

_PLACED: Final = re.compile(r"(?P<file>.+?):(?P<line>\d+)(?::(?P<column>\d+))?: (?P<message>.*)")
_RULE: Final = "case-file"


@record
class Complaint:
    """`line` and `column` count from 1; `file` is empty where nothing says which one it is."""

    text: str
    level: Literal["error", "warning"] = "error"
    message: str
    file: str = ""
    line: int = 1
    column: int = 1

    @classmethod
    def read(
        cls, text: str, root: Path, level: Literal["error", "warning"] = "error"
    ) -> "Complaint":
        """Of `file:line:column: message`, where the column may be missing.

        The file is relative to `root`; it becomes relative to the working directory, from which
        a pipeline's job counts its paths, and stays absolute where it lies outside.
        """
        found = _PLACED.fullmatch(text)
        if found is None:
            return cls(text=text, level=level, message=text)
        here, path = Path.cwd(), Path(os.path.normpath(root / found["file"]))
        shown = path.relative_to(here) if path.is_relative_to(here) else path
        return cls(
            text=text,
            level=level,
            message=found["message"],
            file=shown.as_posix(),
            line=int(found["line"]),
            column=int(found["column"] or 1),
        )


def as_github(complaints: Iterable[Complaint]) -> str:
    """Workflow commands: GitHub Actions makes annotations of them.

    Of a step's annotations, GitHub shows the first ten errors and the first ten warnings.
    """
    return "".join(map(_annotation, complaints))


def _annotation(complaint: Complaint) -> str:
    # https://github.com/actions/toolkit/blob/main/packages/core/src/command.ts
    message = complaint.message.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    if not complaint.file:
        return f"::{complaint.level}::{message}\n"
    file = complaint.file
    for sign, escaped in (("%", "%25"), ("\r", "%0D"), ("\n", "%0A"), (":", "%3A"), (",", "%2C")):
        file = file.replace(sign, escaped)
    place = f"file={file},line={complaint.line},col={complaint.column}"
    return f"::{complaint.level} {place}::{message}\n"


def as_gitlab(complaints: Iterable[Complaint]) -> str:
    """A code quality report. What has no file is said of `.`, because GitLab wants a path."""
    return _json(
        [
            {
                "description": complaint.message,
                "check_name": _RULE,
                "fingerprint": fingerprint,
                "severity": "major" if complaint.level == "error" else "minor",
                "location": {
                    "path": complaint.file or ".",
                    "lines": {"begin": complaint.line},
                },
            }
            for complaint, fingerprint in _with_fingerprints(complaints)
        ]
    )


def as_sarif(complaints: Iterable[Complaint]) -> str:
    """SARIF 2.1.0, one run."""
    driver = {
        "name": "pytest-sisyphus",
        "version": version("pytest-sisyphus"),
        "rules": [
            {
                "id": _RULE,
                "shortDescription": {"text": tr("A case file says what cannot be carried out.")},
            }
        ],
    }
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [
            {
                "ruleId": _RULE,
                "level": complaint.level,
                "message": {"text": complaint.message},
                "partialFingerprints": {"message/v1": fingerprint},
                **({"locations": [_sarif_location(complaint)]} if complaint.file else {}),
            }
            for complaint, fingerprint in _with_fingerprints(complaints)
        ],
    }
    return _json(
        {
            "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
            "version": "2.1.0",
            "runs": [run],
        }
    )


def _sarif_location(complaint: Complaint) -> dict[str, Any]:
    path = Path(complaint.file)
    # `file:` makes a URI of an absolute path; a relative one only needs its signs escaped
    root = Path(path.anchor or os.sep)
    uri = (root / path).as_uri()
    if not path.is_absolute():
        uri = uri.removeprefix(root.as_uri())
    return {
        "physicalLocation": {
            "artifactLocation": {"uri": uri},
            "region": {"startLine": complaint.line, "startColumn": complaint.column},
        }
    }


def _with_fingerprints(complaints: Iterable[Complaint]) -> Iterable[tuple[Complaint, str]]:
    """Each with what tells it from the others and stays when lines above it come or go."""
    seen: Counter[tuple[str, str]] = Counter()
    for complaint in complaints:
        key = complaint.file, complaint.message
        text = json.dumps([*key, seen[key]])
        seen[key] += 1
        yield complaint, hashlib.sha256(text.encode()).hexdigest()


def _json(value: Any) -> str:
    return json.dumps(value, indent=2) + "\n"


#: beside `text`, which is what a complaint's `text` says.
MACHINE_FORMATS: Final[dict[str, Callable[[Sequence[Complaint]], str]]] = {
    "github": as_github,
    "gitlab": as_gitlab,
    "sarif": as_sarif,
}
