"""`junit`: one suite, a `testcase` for each case, in the dialect of Jenkins, GitLab and pytest."""

import re
import shutil
import socket
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final
from xml.etree import ElementTree as ET

from pytest_sisyphus.atomic_file import AtomicFile
from pytest_sisyphus.documents.build import CHECKED, META, is_unchecked
from pytest_sisyphus.documents.failure_text import is_assertion
from pytest_sisyphus.node_ids import name_parts
from pytest_sisyphus.reporters.reporter import Document, RunInfo
from pytest_sisyphus.reporters.text import details, headline, module_of, step_log

#: what XML 1.0 cannot hold, not even escaped.
_INVALID: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_LOCATION: Final = re.compile(r"(?P<file>.*?)(?::(?P<line>\d+))?$", re.DOTALL)
_PROPERTIES: Final = ("case_id", "case_key", "row", "profile", "description")


class JUnitFile:
    """The cases wait on disk, because the suite's totals come first in the file."""

    ordered = True
    only_cases = False

    def __init__(self, path: Path) -> None:
        self._file = AtomicFile(path)
        self._body = tempfile.TemporaryFile("w+", encoding="utf-8", newline="")  # noqa: SIM115 - closed by discard()
        self._counts: Counter[str] = Counter()

    def open(self) -> None:
        self._file.open()

    def add(self, document: Document) -> None:
        self._body.write(ET.tostring(testcase(document), encoding="unicode") + "\n")
        self._counts.update(["tests", _kind(document)])

    def close(self, info: RunInfo) -> None:
        numbers = {
            "tests": self._counts["tests"],
            "failures": self._counts["failure"],
            "errors": self._counts["error"],
            "skipped": self._counts["skipped"],
            "time": f"{info.duration:.3f}",
        }
        attributes = {"name": "pytest-sisyphus"}
        attributes |= {name: str(number) for name, number in numbers.items()}
        suite = {**attributes, "timestamp": info.start_time, "hostname": socket.gethostname()}
        self._file.write('<?xml version="1.0" encoding="utf-8"?>\n')
        self._file.write(_opening("testsuites", attributes) + _opening("testsuite", suite))
        about = {**info.about, **info.versions, "interrupted": info.interrupted}
        properties = _properties_element((name, value) for name, value in about.items() if value)
        self._file.write(ET.tostring(properties, encoding="unicode") + "\n")
        self._body.seek(0)
        shutil.copyfileobj(self._body, self._file)
        self._file.write("</testsuite>\n</testsuites>\n")
        self._file.commit()
        self._body.close()

    def discard(self) -> None:
        self._file.discard()
        self._body.close()


def testcase(document: Document) -> ET.Element:
    case = document["test_case"]
    name, classes = str(case["name"]), list[str]()
    if case[META]["kind"] == "python":  # `file::Class::test[a::b]` → Class, test[a::b]
        *classes, name = name_parts(case[META]["nodeid"].partition("::")[2])
    place = _LOCATION.fullmatch(case[META]["location"])
    named = {key: value for key, value in (place.groupdict() if place else {}).items() if value}
    element = ET.Element(
        "testcase",
        {
            "name": xml_text(name),
            "classname": xml_text(".".join([*module_of(document), *classes])),
            **{key: xml_text(value) for key, value in named.items()},
        },
    )
    if case["duration"] is not None:  # a file that could not be collected has none
        element.set("time", f"{case['duration']:.3f}")
    properties = _properties_element(_properties(document))
    if len(properties):
        element.append(properties)
    kind = _kind(document)
    if kind:
        outcome = ET.SubElement(element, kind, message=xml_text(headline(document)))
        if kind == "skipped":
            outcome.set("type", "skipped")
        else:
            outcome.set("type", xml_text(document["error_info"]["type"]))
            outcome.text = xml_text(details(document))
    if document["steps"]:
        ET.SubElement(element, "system-out").text = xml_text(step_log(document))
    return element


testcase.__test__ = False  # type: ignore[attr-defined] # its name is JUnit's, it is no test


def xml_text(value: Any) -> str:
    """What XML cannot hold is shown by its number, as pytest does: `#x1B`."""
    return _INVALID.sub(lambda match: f"#x{ord(match[0]):02X}", str(value))


def _kind(document: Document) -> str:
    """The child element that says how it ended; empty for a pass."""
    status = document["test_case"]["status"]
    failed = "failure" if is_assertion(document) else "error"
    return {"passed": "", "skipped": "skipped", "failed": failed}[status]


def _properties(document: Document) -> Iterator[tuple[str, Any]]:
    meta = document["test_case"][META]
    yield from ((key, meta[key]) for key in _PROPERTIES if meta.get(key))
    yield from (("tag", tag) for tag in meta["tags"])
    if is_unchecked(document):
        yield CHECKED, document[CHECKED]
    if meta.get("reruns"):
        yield "reruns", len(meta["reruns"])
    yield from meta.get("properties", ())


def _properties_element(pairs: Iterable[tuple[str, Any]]) -> ET.Element:
    element = ET.Element("properties")
    for name, value in pairs:
        ET.SubElement(element, "property", {"name": xml_text(name), "value": xml_text(value)})
    return element


def _opening(tag: str, attributes: dict[str, str]) -> str:
    text = ET.tostring(ET.Element(tag, attributes), encoding="unicode", short_empty_elements=False)
    return text.removesuffix(f"</{tag}>") + "\n"
