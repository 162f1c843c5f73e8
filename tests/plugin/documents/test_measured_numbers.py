"""Every number of every report was measured, or is not there."""

import csv
import json
import re
from xml.etree import ElementTree as ET

import pytest

CASES = """
name: asks
config: {{base_url: {url}}}
steps:
  - {{name: fresh, type: request, url: /anything, validations: [{{status_code: 200}}]}}
  - {{name: reused, type: request, url: /anything, validations: [{{status_code: 200}}]}}
  - {{name: skipped, type: request, url: /anything, skip_if: true}}
  - name: refused
    type: request
    url: http://127.0.0.1:9/
    retry_policy: {{max_attempts: 1, strategy: fixed, base_delay: 0}}
---
name: off
enabled: false
steps: [{{name: ask, type: request, url: "{url}/anything"}}]
---
name: lost
steps: [{{name: undefined, type: request, url: "{url}/${{nowhere}}"}}]
---
name: torn
usefixtures: [broken]
steps: [{{name: ask, type: request, url: "{url}/anything"}}]
"""
CONFTEST = """
import pytest

@pytest.fixture
def broken():
    raise OSError("no database")
"""
BROKEN_FILE = "name: bad\nsteps: [{name: ask, type: reqest}]\n"
FORMATS = {"json": "r.json", "csv": "r.csv", "html": "r.html", "junit": "r.xml", "allure": "allure"}
#: 0 says of a connection that it was there already, or that it needs none of this.
HONEST_ZEROS = {"dns_time", "tcp_time", "tls_time"}
PHASES = ("DNS Time (ms)", "TCP Time (ms)", "TLS Time (ms)")


@pytest.fixture
def folder(run_yaml, server, pytester):
    run_yaml(
        CASES.format(url=server.url),
        "--continue-on-collection-errors",
        *(f"--sisyphus-report={kind}:{path}" for kind, path in FORMATS.items()),
        conftest__py=CONFTEST,
        zbad__yaml=BROKEN_FILE,
    )
    return pytester.path


def test_in_json(folder):
    documents = json.loads((folder / "r.json").read_text("utf-8"))
    steps = {step["name"]: step for document in documents for step in document["steps"]}

    assert [one["test_case"]["duration"] > 0 for one in documents] == [True] * 4
    assert {name for name, step in steps.items() if "performance" in step} == {"fresh", "reused"}
    for name in ("fresh", "reused"):
        times = {key: value for key, value in steps[name]["performance"].items() if "time" in key}
        assert {key for key, value in times.items() if not value} <= HONEST_ZEROS
        assert times["total_time"] >= times["server_time"] > 0
    assert steps["fresh"]["performance"]["tcp_time"] > 0
    assert [one["duration"] > 0 for one in steps["refused"]["attempts"]] == [True, True]


def test_in_csv(folder):
    with (folder / "r.csv").open(encoding="utf-8", newline="") as file:
        rows = {row["Step Name"] or row["Test Name"]: row for row in csv.DictReader(file)}

    assert rows.keys() == {
        "fresh",
        "reused",
        "skipped",
        "refused",
        "off",
        "undefined",
        "torn",
    }
    for name, row in rows.items():
        times = {column: row[column] for column in row if column.endswith(("(ms)", "(s)"))}
        written = {column for column, value in times.items() if value}
        expected = {"Duration (s)"} if name != "skipped" else set()
        assert written == (set(times) if name in {"fresh", "reused"} else expected)
        zeros = {column for column in written if not float(times[column])}
        assert zeros <= set(PHASES)


def test_in_junit(folder):
    times = {
        case.get("name"): case.get("time") for case in ET.parse(folder / "r.xml").iter("testcase")
    }

    assert times.pop("zbad.yaml") is None
    assert float(times["asks"]) > 0
    assert None not in times.values()


def test_in_allure(folder):
    results = [
        json.loads(path.read_text("utf-8")) for path in (folder / "allure").glob("*-result*")
    ]
    timed = {one["name"]: {"start", "stop"} <= one.keys() for one in results}

    assert timed.pop("zbad.yaml") is False
    assert timed == dict.fromkeys(("asks", "off", "lost", "torn"), True)


def test_in_html(folder):
    page = (folder / "r.html").read_text("utf-8")
    rows = re.findall(r'<details class="case .*?</summary>', page, re.DOTALL)
    times = {
        re.search('class="name">(.*?)<', row)[1]: re.findall('class="time">(.*?)<', row)
        for row in rows
    }

    assert times.pop("zbad.yaml") == []
    assert {len(found) for found in times.values()} == {1}
    assert not re.search(r">[^<]*(?<![\d.])0(\.0+)? m?s\b", page.partition("<header")[2])
