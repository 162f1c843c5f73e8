"""What the README shows is what happens."""

import http.server
import json
import re
import subprocess
import sys
import threading
from pathlib import Path

import pytest

# pytester forgets what an inner run imports, and PyYAML's C part cannot be imported twice.
import pytest_sisyphus.nodes.file  # noqa: F401

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
SHOP = "http://shop.st.example.com"


def blocks(name):
    return BLOCK.findall((ROOT / name).read_text(encoding="utf-8"))


class _Shop(http.server.BaseHTTPRequestHandler):
    """Its books cost one too much."""

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        body = json.dumps({"data": {"id": 7, "total": 61}}).encode()
        self.send_response(201)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """Quiet."""


@pytest.fixture
def shop():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Shop)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def run(pytester):
    """The README's case, after a change, as `cases/order.yaml`; what pytest says of it."""
    [case] = [text for kind, text in blocks("README.md") if kind == "yaml"]

    def run(*arguments, change=("", "")):
        path = pytester.mkdir("cases") / "order.yaml"
        path.write_text(case.replace(*change), encoding="utf-8")
        plain = ("-p", "no:randomly", "-p", "no:cacheprovider", "cases")
        return pytester.runpytest_inprocess(*plain, *arguments).stdout.str()

    return run


IN_EACH_LANGUAGE = pytest.mark.parametrize(
    ("name", "lang"), [("README.md", "en"), ("README.zh-CN.md", "zh")]
)


@IN_EACH_LANGUAGE
def test_a_failing_check_is_shown_as_the_readme_says(run, shop, name, lang):
    failure, _complaint = [text for kind, text in blocks(name) if kind == "text"]

    said = run(f"--sisyphus-lang={lang}", f"--sisyphus-var=base_url={shop}").replace(shop, SHOP)

    assert failure in re.sub(r"[\d.]+ (ms|毫秒)", r"12.31 \1", said)


@IN_EACH_LANGUAGE
def test_a_misspelled_key_is_shown_as_the_readme_says(run, name, lang):
    _failure, complaint = [text for kind, text in blocks(name) if kind == "text"]

    assert complaint in run(f"--sisyphus-lang={lang}", change=("validations", "validatoins"))


def test_the_readme_in_chinese_has_the_same_commands_and_examples():
    """Each in its own language: comments and outputs may differ."""

    def plain(name):
        return [
            (kind, "" if kind == "text" else re.sub(r" +# .*", "", text))
            for kind, text in blocks(name)
        ]

    assert plain("README.zh-CN.md") == plain("README.md")


@pytest.mark.parametrize("name", ["README.md", "README.zh-CN.md"])
def test_every_link_of_the_readme_leads_to_a_file(name):
    linked = re.findall(r"\]\(([^)#:]+)", (ROOT / name).read_text("utf-8"))
    assert len(linked) > 20
    assert [target for target in linked if not (ROOT / target).exists()] == []


def test_the_examples_run_with_no_more_than_the_readme_installs():
    """`pip install '.[all]'` brings none of the plugins that the tests need."""
    absent = ("timeout", "hypothesispytest", "randomly", "html", "metadata")
    command = [sys.executable, "-m", "pytest", "examples", "--collect-only", "-q"]
    command += [f"-pno:{name}" for name in absent]

    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "examples/rows.yaml::" in ended.stdout
