"""The pytest marks of a case."""

import contextlib
import copy
from collections.abc import Callable, Iterator, Mapping
from itertools import chain
from typing import Any

import pytest

from pytest_sisyphus.i18n import tr
from pytest_sisyphus.marks import ALLURE_LABEL, ALLURE_LABELS, ALLURE_LINK, ALLURE_LINKS
from pytest_sisyphus.nodes.metadata import CaseMetadata
from pytest_sisyphus.spec.marks import parse_marker_lines


def marker_line(tag: str) -> str:
    return tr("{tag}: a tag of YAML cases", tag=tag)


class Markers:
    """What one session knows of marks, and the marks of its tags."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._lines: set[str] = set()
        self._read = 0
        self._known: dict[str, str] = {}
        self._marks_of: dict[str, tuple[pytest.Mark, ...]] = {}
        self._has_allure = config.pluginmanager.has_plugin("allure_pytest")

    def known(self) -> Mapping[str, str]:
        """The registered marks: name -> the line about it. The mapping grows with them."""
        lines = self._config.getini("markers")
        if len(lines) > self._read:
            self._known.update(parse_marker_lines(lines[self._read :]))
            self._lines.update(lines[self._read :])
            self._read = len(lines)
        return self._known

    def register(self, tags: set[str]) -> None:
        """So that `-m TAG` works with strict markers too."""
        self.known()
        for line in sorted(set(map(marker_line, tags)) - self._lines):
            self._config.addinivalue_line("markers", line)

    def function_of(self, metadata: CaseMetadata) -> Callable[..., None]:
        """A function of its own for each case: pytest reads marks and fixtures off it."""

        def run(request: pytest.FixtureRequest) -> None:
            request.node.run_case(request.getfixturevalue)

        for tag in metadata.tags:
            if tag not in self._marks_of:
                self._marks_of[tag] = tuple(_tag_marks(tag, for_allure=self._has_allure))
        of_tags = chain.from_iterable(self._marks_of[tag] for tag in metadata.tags)
        marks = [*of_tags, *_marks(metadata)]
        run.pytestmark = marks  # type: ignore[attr-defined] # where pytest looks
        return run


def _tag_marks(tag: str, *, for_allure: bool) -> Iterator[pytest.Mark]:
    """allure-pytest takes labels and links from marks of its own, and a mark that has arguments
    for no tag."""
    name, _, value = tag.partition(":") if for_allure else (tag, "", "")
    if value and name in ALLURE_LABELS:
        yield _mark(tag, allure=name)
        yield _mark(ALLURE_LABEL, value, label_type=name)
    elif value and name in ALLURE_LINKS:
        yield _mark(tag, allure=name)
        title = value.rstrip("/").rpartition("/")[2] or value
        yield _mark(ALLURE_LINK, value, link_type=name, name=title)
    else:
        yield _mark(tag)


def _marks(metadata: CaseMetadata) -> Iterator[Any]:
    for mark in metadata.marks:
        if not mark.conditions:
            yield _mark(mark.name, *mark.args, **mark.kwargs)
    if metadata.identity:
        yield pytest.mark.sisyphus(**metadata.identity)
    if metadata.usefixtures:
        yield pytest.mark.usefixtures(*metadata.usefixtures)
    if not metadata.enabled:
        yield pytest.mark.skip(
            reason=tr("{location}: enabled is false", location=metadata.location)
        )


def _mark(name: str, /, *args: Any, **kwargs: Any) -> pytest.Mark:
    """A mark of any name: tags are the testers' own words."""
    mark: pytest.Mark = copy.copy(pytest.mark.sisyphus(*args, **kwargs).mark)
    object.__setattr__(mark, "name", name)
    return mark


def is_strict(config: pytest.Config) -> bool:
    """Whether unregistered marks are errors; the option has had several names."""
    for name in ("strict_markers", "strict"):
        with contextlib.suppress(KeyError, ValueError):
            if config.getoption(name, False) or config.getini(name):
                return True
    return False
