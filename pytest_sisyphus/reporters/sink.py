"""What a report format must do."""

import dataclasses
from collections.abc import Mapping
from typing import Any, Protocol

Document = Mapping[str, Any]


@dataclasses.dataclass(frozen=True, kw_only=True)
class RunFacts:
    """What is known of a run besides its documents; complete when the run is over."""

    #: local ISO 8601, without a zone, as in the documents.
    start_time: str
    end_time: str
    #: seconds
    duration: float
    #: YAML cases that were collected, whether they ran or not.
    cases: int
    #: everything that was collected, Python tests too; None: the collection never ended.
    collected: int | None
    #: why the run ended early; empty when it did not.
    interrupted: str
    #: what was run and where, in the order to be shown: execution, plan, environment, build, …
    about: Mapping[str, str]
    versions: Mapping[str, str]


class Sink(Protocol):
    """`open`, then `add` for every document, then `close`; `discard` at any time instead.

    Each may raise OSError, which names a file.
    """

    #: takes documents in the order of collection; otherwise at once, as they come.
    ordered: bool
    #: takes only YAML cases: Python tests and files that could not be collected are left out.
    only_cases: bool

    def open(self) -> None:
        """Before anything runs: whatever can be known to go wrong goes wrong here."""

    def add(self, document: Document, /) -> None: ...

    def close(self, facts: RunFacts, /) -> None:
        """The report is complete: only now do readers see it."""

    def discard(self) -> None:
        """No report; leaves nothing half behind. May be called at any time, and twice."""
