"""allure-pytest's own results show the steps of YAML cases too.

Uses only the hooks that Allure's Python library offers its users. These give a step the moment of
the call as its time, and a case is reported when it is over: the measured time is a parameter.
"""

import uuid
from collections.abc import Generator, Mapping
from typing import Any, Final

import pytest
from allure_commons import plugin_manager
from allure_commons.types import AttachmentType, LabelType

from pytest_sisyphus.clock import format_duration
from pytest_sisyphus.documents.build import META, is_unchecked
from pytest_sisyphus.documents.step_notes import NOTHING_CHECKED
from pytest_sisyphus.reporters.allure.steps import Nested, attachment_of, nested, parameters_of
from pytest_sisyphus.reporters.text import error_line


class StepFailed(AssertionError):  # noqa: N818 - an outcome
    """Allure calls a step that ends so `failed`; by any other error it is `broken`."""


class StepBroken(Exception):  # noqa: N818 - an outcome
    """The step could not be carried out."""


_ENDS: Final[Mapping[str, type[BaseException] | None]] = {
    "success": None,
    "failed": StepFailed,
    "error": StepBroken,
    "skipped": pytest.skip.Exception,
}


class AllureSteps:
    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, None, None]:
        try:
            return (yield)
        finally:
            document = getattr(item, "sisyphus_document", None)
            if document is not None:
                report_steps(document)


def report_steps(document: Mapping[str, Any]) -> None:
    meta = document["test_case"][META]
    hooks = plugin_manager.hook
    if meta["description"]:
        hooks.add_description(test_description=meta["description"])
    for key in ("case_id", "case_key"):
        if key in meta:
            hooks.add_label(label_type=key, labels=(meta[key],))
    if is_unchecked(document):
        hooks.add_label(label_type=LabelType.TAG, labels=(NOTHING_CHECKED,))
    hooks.add_label(label_type=LabelType.FRAMEWORK, labels=("pytest-sisyphus",))
    for node in nested(document["steps"]):
        _report_step(hooks, node)


def _report_step(hooks: Any, node: Nested) -> None:
    step, children = node
    key = str(uuid.uuid4())
    took = {"duration": format_duration(step[META]["duration"])}
    hooks.start_step(uuid=key, title=step["name"], params={**dict(parameters_of(step)), **took})
    attachment = attachment_of(step)
    if attachment:
        name, text = attachment
        hooks.attach_data(body=text, name=name, attachment_type=AttachmentType.JSON, extension=None)
    for child in children:
        _report_step(hooks, child)
    end = _ENDS[step["status"]]
    info = step.get("error_info")
    reason = error_line(info) if info else str(step[META]["reason"])
    error = None if end is None else end(reason)
    hooks.stop_step(uuid=key, exc_type=end, exc_val=error, exc_tb=None)
