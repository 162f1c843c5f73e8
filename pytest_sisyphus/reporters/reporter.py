"""What a report format must do."""

import dataclasses
from collections.abc import Mapping
from typing import Any, Protocol

from pytest_sisyphus.values.record import record

Document = Mapping[str, Any]


@record
class RunInfo:
    """What is known of a run besides its documents; complete when the run is over."""

    #: local ISO 8601, without a zone, as in the documents.
    start_time: str = ""
    end_time: str = ""
    #: seconds
    duration: float = 0.0
    #: YAML cases that were collected, whether they ran or not.
    cases: int = 0
    #: everything that was collected, Python tests too; None: the collection never ended.
    collected: int | None = None
    #: why the run ended early; empty when it did not.
    interrupted: str = ""
    #: what was run and where, in the order to be shown: execution, plan, environment, build, …
    about: Mapping[str, str] = dataclasses.field(default_factory=dict)
    versions: Mapping[str, str] = dataclasses.field(default_factory=dict)


class Reporter(Protocol):
    """Writes the documents of a run in one format: `open`, `add` for every document, `close`.

    Each may raise OSError, which names a file; `discard`, instead of `close`, never does.
    """

    #: takes documents in the order of collection; otherwise at once, as they come.
    ordered: bool
    #: takes only YAML cases: Python tests and files that could not be collected are left out.
    only_cases: bool

    def open(self) -> None:
        """Called before anything runs: whatever can be known to go wrong goes wrong here."""

    def add(self, document: Document, /) -> None: ...

    def close(self, info: RunInfo, /) -> None:
        """Complete the report: only now do readers see it."""

    def discard(self) -> None:
        """Give the report up, remove what is incomplete. May be called at any time, and twice."""
