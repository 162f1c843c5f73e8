"""`junit`: one suite, a `testcase` for each case; as Jenkins, GitLab and pytest have it."""

import re
import shutil
import socket
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final
from xml.etree import ElementTree as ET

from ..failure import is_assertion
from ..protocol import CHECKED, META, is_unchecked
from .sink import Document, RunFacts
from .target import Target
from .wording import details, headline, journal, module_of

#: what XML 1.0 cannot hold, not even escaped.
_INVALID: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_LOCATION: Final = re.compile(r"(?P<file>.*?)(?::(?P<line>\d+))?$", re.DOTALL)
_PROPERTIES: Final = ("case_id", "case_key", "row", "description")


class JUnitFile:
    """The suite's totals stand before its cases, so these wait on disk."""

    ordered = True
    only_cases = False

    def __init__(self, path: Path) -> None:
        self._target = Target(path)
        self._body = tempfile.TemporaryFile("w+", encoding="utf-8", newline="")  # noqa: SIM115 - closed by discard()
        self._counts: Counter[str] = Counter()

    def open(self) -> None:
        self._target.open()

    def add(self, document: Document) -> None:
        self._body.write(ET.tostring(testcase(document), encoding="unicode") + "\n")
        self._counts.update(["tests", _kind(document)])

    def close(self, facts: RunFacts) -> None:
        attributes = self._attributes(facts)
        suite = {**attributes, "timestamp": facts.start_time, "hostname": socket.gethostname()}
        self._target.write('<?xml version="1.0" encoding="utf-8"?>\n')
        self._target.write(_opening("testsuites", attributes) + _opening("testsuite", suite))
        self._target.write(ET.tostring(_facts(facts), encoding="unicode") + "\n")
        self._body.seek(0)
        shutil.copyfileobj(self._body, self._target)
        self._target.write("</testsuite>\n</testsuites>\n")
        self._target.commit()
        self._body.close()

    def discard(self) -> None:
        self._target.discard()
        self._body.close()

    def _attributes(self, facts: RunFacts) -> dict[str, str]:
        counts = {
            "tests": self._counts["tests"],
            "failures": self._counts["failure"],
            "errors": self._counts["error"],
            "skipped": self._counts["skipped"],
        }
        numbers = {name: str(number) for name, number in counts.items()}
        return {"name": "pytest-sisyphus", **numbers, "time": f"{facts.duration:.3f}"}


def testcase(document: Document) -> ET.Element:
    case = document["test_case"]
    place = _LOCATION.fullmatch(case[META]["location"])
    named = {key: value for key, value in (place.groupdict() if place else {}).items() if value}
    element = ET.Element(
        "testcase",
        {
            "name": xml_text(_name(document)),
            "classname": xml_text(_classname(document)),
            **{key: xml_text(value) for key, value in named.items()},
            **_time(case["duration"]),
        },
    )
    _add_properties(element, _properties(document))
    kind = _kind(document)
    if kind:
        outcome = ET.SubElement(element, kind, message=xml_text(headline(document)))
        if kind == "skipped":
            outcome.set("type", "skipped")
        else:
            outcome.set("type", xml_text(document["error_info"]["type"]))
            outcome.text = xml_text(details(document))
    if document["steps"]:
        ET.SubElement(element, "system-out").text = xml_text(journal(document))
    return element


testcase.__test__ = False  # type: ignore[attr-defined] # its name is JUnit's, it is no test


def _time(seconds: float | None) -> dict[str, str]:
    """What was not measured has no `time`: a file that could not be collected."""
    return {} if seconds is None else {"time": f"{seconds:.3f}"}


def xml_text(value: Any) -> str:
    """What XML cannot hold is shown by its number, as pytest does: `#x1B`."""
    return _INVALID.sub(lambda match: f"#x{ord(match[0]):02X}", str(value))


def _kind(document: Document) -> str:
    """The child element that says how it ended; empty for a pass."""
    status = document["test_case"]["status"]
    failed = "failure" if is_assertion(document) else "error"
    return {"passed": "", "skipped": "skipped", "failed": failed}[status]


def _name(document: Document) -> str:
    """A Python test's last part, a case's title."""
    case = document["test_case"]
    if case[META]["kind"] != "python":
        return str(case["name"])
    return _parts(case[META]["nodeid"])[-1]


def _classname(document: Document) -> str:
    meta = document["test_case"][META]
    classes = _parts(meta["nodeid"])[:-1] if meta["kind"] == "python" else []
    return ".".join([*module_of(document), *classes])


def _parts(nodeid: str) -> list[str]:
    """`file::Class::test[a::b]` → Class, test[a::b]."""
    inside = nodeid.partition("::")[2]
    head, bracket, parameters = inside.partition("[")
    *parts, last = head.split("::")
    return [*parts, last + bracket + parameters]


def _properties(document: Document) -> Iterator[tuple[str, Any]]:
    meta = document["test_case"][META]
    yield from ((key, meta[key]) for key in _PROPERTIES if meta.get(key))
    yield from (("tag", tag) for tag in meta["tags"])
    if is_unchecked(document):
        yield CHECKED, document[CHECKED]
    if meta.get("reruns"):
        yield "reruns", len(meta["reruns"])
    yield from meta.get("properties", ())


def _facts(facts: RunFacts) -> ET.Element:
    element = ET.Element("testsuite")
    named = {**facts.about, **facts.versions, "interrupted": facts.interrupted}
    _add_properties(element, ((name, value) for name, value in named.items() if value))
    return element[0]


def _add_properties(element: ET.Element, pairs: Iterator[tuple[str, Any]]) -> None:
    listed = [{"name": xml_text(name), "value": xml_text(value)} for name, value in pairs]
    if listed:
        properties = ET.SubElement(element, "properties")
        for attributes in listed:
            ET.SubElement(properties, "property", attributes)


def _opening(tag: str, attributes: dict[str, str]) -> str:
    text = ET.tostring(ET.Element(tag, attributes), encoding="unicode", short_empty_elements=False)
    return text.removesuffix(f"</{tag}>") + "\n"
