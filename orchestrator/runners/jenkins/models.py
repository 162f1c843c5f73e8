"""What Jenkins says, as plain data: queue items, builds, and the ways of not answering."""

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any, Final


class JenkinsError(Exception):
    """Jenkins did not do it; the message is for people and holds no secret."""


class RefusedError(JenkinsError):
    """It said no: nothing was done, and asking again would not help."""


class NotFoundError(RefusedError):
    """There is no such thing: no job, or no queue item any more, or no build."""


class UnreachableError(JenkinsError):
    """Jenkins cannot be reached: nothing was sent."""


class UnclearError(JenkinsError):
    """It is not known whether it was done, or whether another try would do it."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class QueueItem:
    id: int
    cancelled: bool = False
    #: why it still waits; empty once it left the queue.
    why: str = ""
    #: the build that it became.
    build_number: int | None = None


@dataclasses.dataclass(frozen=True, kw_only=True)
class Build:
    number: int
    url: str = ""
    building: bool
    #: SUCCESS, UNSTABLE, FAILURE, NOT_BUILT, ABORTED; may be there before the build ended.
    result: str | None = None
    queue_id: int | None = None
    #: a report among what the build published, relative to its address.
    report: str | None = None
    parameters: Mapping[str, str] = dataclasses.field(default_factory=dict)


#: pages that plugins add to a build, best first.
_REPORT_ACTIONS: Final = {
    "ru.yandex.qatools.allure.jenkins.AllureReportBuildAction": "allure/",
    "hudson.tasks.junit.TestResultAction": "testReport/",
}


def item_of(document: Mapping[str, Any]) -> QueueItem:
    executable = document.get("executable") or {}
    return QueueItem(
        id=document.get("id") or 0,
        cancelled=document.get("cancelled") is True,
        why=document.get("why") or "",
        build_number=executable.get("number"),
    )


def build_of(document: Mapping[str, Any]) -> Build:
    return Build(
        number=document.get("number") or 0,
        url=document.get("url") or "",
        building=document.get("building") is True,
        result=document.get("result"),
        queue_id=document.get("queueId"),
        report=_report(document),
        parameters=parameters_of(document),
    )


def parameters_of(document: Mapping[str, Any]) -> dict[str, str]:
    """Passwords have no value here, and so are left out."""
    return {
        parameter["name"]: str(parameter["value"])
        for action in _actions(document)
        for parameter in action.get("parameters") or ()
        if "value" in parameter
    }


def _report(document: Mapping[str, Any]) -> str | None:
    there = {action.get("_class") for action in _actions(document)}
    pages = {name: page for name, page in _REPORT_ACTIONS.items() if name in there}
    html = (
        f"artifact/{path}"
        for artifact in document.get("artifacts") or ()
        if (path := artifact.get("relativePath", "")).endswith("report.html")
    )
    allure, junit = (pages.get(name) for name in _REPORT_ACTIONS)
    return allure or next(html, None) or junit


def _actions(document: Mapping[str, Any]) -> Iterable[Mapping[str, Any]]:
    """Jenkins has empty actions, and null ones."""
    return (action for action in document.get("actions") or () if action)
