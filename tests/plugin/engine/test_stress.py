"""Large, deep, broken and endless things: work stays in proportion, and the run goes on.

Work is bounded by counting and by ratios, never by seconds.
"""

import contextlib
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from engine_kit import Engine

from pytest_sisyphus.spec import variable_names
from pytest_sisyphus.template import template
from pytest_sisyphus.template.template import Template

pytestmark = pytest.mark.slow

PASS = "steps: [{name: s, type: wait, seconds: 0}]"


def test_300_steps_that_extract_a_kilobyte_each_stay_linear(run_steps, monkeypatch):
    """W50: variables are in the step that changed them, not in all that follow."""
    looked_at = []
    render = template._render

    def counted(value, scope):
        looked_at.append(1)
        return render(value, scope)

    monkeypatch.setattr(template, "_render", counted)
    body = "x" * 1000

    def measured(count):
        looked_at.clear()
        steps = "".join(
            f"- {{name: s{n}, url: '/raw?body={n}-{body}', extractors: [{{name: v{n}, type: body}}]}}\n"
            for n in range(count)
        )
        run = run_steps(steps, "--sisyphus-report=json:report.json")
        assert run.outcomes == {"passed": 1}
        return Path("report.json").stat().st_size, len(looked_at)

    few_bytes, few_looks = measured(100)
    many_bytes, many_looks = measured(300)

    assert many_bytes < 3.3 * few_bytes
    assert many_looks < 3.3 * few_looks


BIG = """
import resource, sys, threading, json
from http.server import BaseHTTPRequestHandler, HTTPServer
import pytest

row = {"id": 1, "name": "x" * 180}
BODY = json.dumps({"rows": [{**row, "id": n} for n in range(%d)]}).encode()

class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(BODY)))
        self.end_headers()
        self.wfile.write(BODY)
    def log_message(self, *_): pass

server = HTTPServer(("127.0.0.1", 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
code = pytest.main(["-q", "-p", "pytest_sisyphus.plugin", "-p", "no:cacheprovider",
    "--sisyphus-report=json:report.json",
    f"--sisyphus-var=base_url=http://127.0.0.1:{server.server_port}", "big.yaml"])
after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print("MEASURED", int(code), len(BODY), (after - before) * 1024)
"""


def test_a_20_mb_body_through_check_extract_and_report_stays_in_memory_bounds(tmp_path):
    """As data a JSON body takes several times its text; its copies in outputs are cut."""
    (tmp_path / "big.yaml").write_text(
        "name: big\nsteps:\n"
        "- {name: get, url: /, validations: [{len_eq: ['$.rows', 100000]}, {eq: ['$.rows[-1].id', 99999]}],"
        " extractors: {rows: $.rows}}\n"
        "- {name: use, type: wait, seconds: '${0 if rows[7].id == 7 else 1}'}\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", BIG % 100_000],
        cwd=tmp_path,
        env={"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )

    (line,) = [line for line in ran.stdout.splitlines() if line.startswith("MEASURED")] or [
        ran.stderr
    ]
    code, size, grown = map(int, line.split()[1:])
    assert code == 0, ran.stdout
    assert size > 20_000_000
    assert grown < 25 * size
    (step, _) = json.loads((tmp_path / "report.json").read_text())["steps"]
    assert step["response"]["truncated"] is True
    assert step["response"]["full_size"] > 20_000_000
    assert (tmp_path / "report.json").stat().st_size < 4 * size


def test_a_csv_of_1000_rows_is_read_once(run_yaml, monkeypatch):
    opened = []
    sys.addaudithook(lambda event, args: event == "open" and opened.append(str(args[0])))
    rows = "id,n\n" + "".join(f"r{n},{n}\n" for n in range(1000))

    run = run_yaml(
        f"name: many\nconfig: {{data_source: {{type: csv, file_path: rows.csv}}}}\n{PASS}\n",
        "--collect-only",
        "-q",
        rows__csv=rows,
    )

    assert "1000 tests collected" in run.stdout
    assert sum(path.endswith("rows.csv") for path in opened) <= 2  # this test's own writing


WIDE = {
    "variables": lambda n: ("variables:\n" + "".join(f"  v{i}: x\n" for i in range(n)), "- &s {name: s, type: wait, seconds: 0}\n"),
    "steps that are not there": lambda n: ("", "".join(f"- {{name: s{i}, type: wait, seconds: 0, depends_on: x{i}}}\n" for i in range(n))),
    "steps that are read": lambda n: ("", "- {name: s, type: wait, seconds: 0}\n" + "".join(f"- {{name: s{i}, type: wait, seconds: '${{steps.s.document.waited}}', depends_on: s}}\n" for i in range(n))),
    "extractors": lambda n: ("", "- name: s\n  type: wait\n  seconds: 0\n  extractors:\n" + "".join(f"    e{i}: $.waited\n" for i in range(n))),
    "unknown keys": lambda n: ("", "- name: s\n  type: wait\n  seconds: 0\n" + "".join(f"  k{i}: 0\n" for i in range(n))),
    "profiles": lambda n: ("profiles:\n" + "".join(f"  p{i}: {{a: 1}}\n" for i in range(n)), "- {name: s, type: wait, seconds: 0}\n"),
    "columns": lambda n: ("data_source:\n- {" + ", ".join(f"c{i}: 1" for i in range(n)) + "}\n", "- {name: s, type: wait, seconds: 0}\n"),
    "documents": lambda n: ("", "- {name: s, type: wait, seconds: 0}\n" + "".join(f"---\nname: c{i}\nsteps: [{{name: s, type: wait, seconds: 0}}]\n" for i in range(n))),
}  # fmt: skip


def calls_of(function):
    """How many calls it makes, of Python and of C."""
    counted = 0

    def count(frame, event, arg):
        nonlocal counted
        counted += event in {"call", "c_call"}

    sys.setprofile(count)
    try:
        function()
    finally:
        sys.setprofile(None)
    return counted


@pytest.mark.parametrize("kind", WIDE)
def test_reading_a_wide_file_stays_linear(tmp_path, kind):
    engine = Engine(tmp_path)

    def read(count):
        config, steps = WIDE[kind](count)
        with contextlib.suppress(AssertionError):  # nothing is wrong with it
            engine.complaint(steps, config)

    read(50)  # what is made once
    few, many = calls_of(lambda: read(100)), calls_of(lambda: read(400))

    assert many < 6 * few  # quadratic work would be sixteen times as much


def test_the_name_of_a_variable_costs_no_template(monkeypatch, tmp_path):
    made = []
    monkeypatch.setattr(
        variable_names, "Template", lambda text: made.append(text) or Template(text)
    )

    config, steps = WIDE["variables"](1000)
    Engine(tmp_path).run(steps, config)

    assert made == []


DEEP = 2000

#: (a file that is no case, what is said of it)
BROKEN_FILES = {
    "deep list": ("name: a\nsteps: " + "[" * 200 + "]" * 200, "nested deeper than 100 levels"),
    "deep mapping": ("name: a\nsteps: [{name: s, url: /, body: " + "{a: " * 200 + "1" + "}" * 200 + "}]", "nested deeper than 100 levels"),
    "list too deep for the parser": ("name: a\nsteps: " + "[" * DEEP + "]" * DEEP, ""),
    "mapping too deep for the parser": ("name: a\nsteps: [{name: s, url: /, body: " + "{a: " * DEEP + "1" + "}" * DEEP + "}]", ""),
    "deep template": ("name: a\nsteps: [{name: s, url: '${" + "(" * DEEP + "1" + ")" * DEEP + "}'}]", "more than 40 brackets are open"),
    "deep condition": ("name: a\nsteps: [{name: s, url: /, skip_if: '" + "(" * DEEP + "1" + ")" * DEEP + "'}]", "more than 40 brackets are open"),
    "huge number": ("name: a\nsteps: [{name: s, url: /, retry_times: " + "9" * 5000 + "}]", "a number of more than 4300 digits"),
    "billion laughs": ("name: a\nx: &x [1,1]\n" + "".join(f"y{n}: &y{n} [*{'x' if n == 0 else f'y{n - 1}'}, *{'x' if n == 0 else f'y{n - 1}'}]\n" for n in range(40)) + "steps: [{name: s, url: /, body: *y39}]", "once its aliases are written out"),
    "itself": ("name: a\nsteps: [!include case.yaml]", "include each other"),
    "through another": ("name: a\nsteps: [!include part.yaml]", "include each other"),
    "null bytes": ("name: a\nsteps: [{name: s, url: \"\\0\"}]\n\0", "not YAML"),
}  # fmt: skip


@pytest.mark.parametrize("kind", BROKEN_FILES)
def test_a_monstrous_file_is_a_complaint_and_others_run(run_yaml, kind):
    text, said = BROKEN_FILES[kind]

    run = run_yaml(
        text,
        "--continue-on-collection-errors",
        part__yaml="- !include case.yaml\n",
        other__yaml=f"name: other\n{PASS}\n",
    )

    assert run.outcomes["passed"] == 1
    assert run.outcomes["errors"] == 1
    assert re.search(
        r"^(?:case|part)\.yaml:\d+:\d+: .*" + re.escape(said), run.stdout, re.MULTILINE
    )
    assert "Traceback" not in run.stdout


ODD_SERVERS = {
    "reset": ("url: /reset", "network"),
    "half an answer": ("url: /half", "network"),
    "garbage": ("url: /garbage", "network"),
    "no gzip": ("url: /gzip-lie", "parsing"),
    "never ends": ("url: /drip, timeout: 0.3", "timeout"),
    "never begins": ("url: '/slow?seconds=1', timeout: 0.2", "timeout"),
    "no json": ("url: '/raw?type=application/json&body={\"a\"', validations: [{eq: [$.a, 1]}]", "parsing"),
    "nan": ("url: '/raw?type=application/json&body={\"a\":NaN}', validations: [{eq: [$.a, 1]}]", "parsing"),
    "bytes": ("url: /bytes, validations: [{eq: [$.a, 1]}]", "parsing"),
    "circle": ("url: '/redirect?to=/redirect?to=/redirect'", "network"),
    "elsewhere": ("url: '/redirect?to=http://127.0.0.1:1/'", "network"),
    "no charset": ("url: '/raw?type=text/plain;charset=nonsense&body=a', validations: [{eq: [$, b]}]", "assertion"),
}  # fmt: skip


def test_a_broken_server_fails_its_step_and_the_rest_runs(run_steps):
    steps = "- {name: before, url: /anything}\n"
    steps += "".join(f"- {{name: {name}, {keys}}}\n" for name, (keys, _) in ODD_SERVERS.items())
    steps += "- {name: after, url: /anything}"

    run = run_steps(steps, "--sisyphus-report=json:report.json")

    found = {name: run.steps[name]["error_info"]["category"] for name in ODD_SERVERS}
    assert found == {name: category for name, (_, category) in ODD_SERVERS.items()}
    assert run.steps["before"]["status"] == run.steps["after"]["status"] == "success"
    assert len(json.loads(Path("report.json").read_text())["steps"]) == len(ODD_SERVERS) + 2


@pytest.mark.parametrize("depth", [50, 500, 50_000])
def test_a_deeply_nested_answer_is_judged_or_refused_and_kept(run_steps, depth, server):
    """By a mock: no server's line is that long."""
    body = "[" * depth + "]" * depth
    Path("deep.yaml").write_text(json.dumps(body))

    run = run_steps(
        """
        - name: deep
          url: /x
          mock: {rules: [{response: {headers: {Content-Type: application/json}, body: !include deep.yaml}}]}
          validations: [{status_code: 200}, {exists: ["$"]}]
          extractors: {whole: $}
        - {name: after, url: /anything}
        """,
        "--sisyphus-report=json:report.json",
    )

    assert run.steps["after"]["status"] == "success"
    assert len(json.loads(Path("report.json").read_text())["steps"]) == 2


@pytest.mark.parametrize("number", ["1e400", "-1e400", "9" * 4000, "9" * 5000])
def test_a_huge_number_in_an_answer_is_a_value_or_text(run_steps, number):
    """W49: what JSON cannot say is never written."""
    run = run_steps(
        f"""
        - name: huge
          url: /x
          mock: {{rules: [{{response: {{headers: {{Content-Type: application/json}}, body: '{{"a": {number}}}'}}}}]}}
          extractors: {{whole: $}}
        - {{name: after, url: /anything}}
        """,
        "--sisyphus-report=json:report.json",
    )

    def refuse(word):
        raise AssertionError(f"{word} is not JSON")

    assert run.steps["after"]["status"] == "success"
    sys.set_int_max_str_digits(0)
    try:
        json.loads(Path("report.json").read_text(), parse_constant=refuse)
    finally:
        sys.set_int_max_str_digits(4300)
