"""The outcome of a case: kept until its test is over, made a document when it is asked for."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from pytest_sisyphus.documents.build import case_document
from pytest_sisyphus.documents.user_properties import Property, result_properties
from pytest_sisyphus.results import CaseResult

#: types of values that a fixture cannot change after it returned them.
_IMMUTABLE: Final = frozenset({str, bytes, int, float, bool, type(None)})


class CaseOutcome:
    """A case's result, and its masked document, which is made once."""

    def __init__(
        self,
        result: CaseResult,
        mask: Callable[[Any], Any],
        *,
        nodeid: str,
        max_body: int,
        report_unchecked: bool,
    ) -> None:
        """`report_unchecked`: the document and properties say that no check was evaluated."""
        self.result = result
        self._mask = mask
        self._nodeid = nodeid
        self._max_body = max_body
        self._tells_unchecked = report_unchecked
        self._document: dict[str, Any] | None = None

    def document(self) -> dict[str, Any]:
        """The document of the output protocol, masked."""
        if self._document is None:
            self._document = case_document(
                self.result,
                mask=self._mask,
                max_body=self._max_body,
                nodeid=self._nodeid,
                report_unchecked=self._tells_unchecked,
            )
        return self._document

    def properties(self) -> list[Property]:
        return result_properties(self.result, self._mask, report_unchecked=self._tells_unchecked)

    @property
    def has_remarks(self) -> bool:
        """There is something to say of it even if it passed: see `step_notes`."""
        is_unchecked = self._tells_unchecked and self.result.is_unchecked
        return is_unchecked or not self.result.ran_once


def may_change(fixtures: Mapping[str, Any]) -> bool:
    """Whether a fixture may still change, at its end, a value that the case shows."""
    return any(type(one) not in _IMMUTABLE for one in fixtures.values())
