"""What users of the older engine were bitten by, where no other test is about it.

W numbers are lines of the list that we keep of its faults; each test says the right behaviour.
"""

import json
import ssl
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import trustme
from plugin_command_kit import process

pytestmark = pytest.mark.slow

FAILING = "steps: [{name: s, type: wait, seconds: 0, validations: [{eq: [$.attempts, 77]}]}]"


@pytest.fixture
def https_url():
    """Of a server whose certificate nobody trusts."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            """Quiet."""

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"https://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.mark.parametrize(
    ("config", "keys", "status"),
    [
        ("", "", "error"),
        ("", ", verify_ssl: false", "success"),
        ("verify_ssl: false", "", "success"),
        ("verify_ssl: false", ", verify_ssl: true", "error"),
        ("profiles: {dev: {verify_ssl: false}}\nactive_profile: dev", "", "success"),
    ],
)
def test_verify_ssl(run_steps, https_url, config, keys, status):
    """W10"""
    run = run_steps(f"- {{name: s, url: '{https_url}'{keys}}}", config=config)

    assert run.steps["s"]["status"] == status
    if status == "error":
        assert "TLS failed" in run.error("s")
        assert "verify_ssl: false" in run.steps["s"]["error_info"]["suggestion"]


def test_a_failed_case_is_an_exit_code(run_yaml):
    """W11"""
    assert run_yaml(f"name: a\n{FAILING}\n").result.ret == 1


def test_variables_refer_to_each_other_in_any_order(run_steps, server):
    """W18"""
    run_steps(
        "- {name: s, url: '/anything/${full}'}",
        config='variables: {full: "${first}-${last}", first: "${last}1", last: z}',
    )

    assert server.requests[0]["path"] == "/anything/z1-z"


def test_every_key_of_a_profile_is_a_variable_and_readable(run_steps, server):
    """W19"""
    run_steps(
        "- {name: s, url: '/anything/${env_mode}/${config.profiles.dev.api_version}'}",
        config="active_profile: dev\nprofiles: {dev: {env_mode: test, api_version: v2}}",
    )

    assert server.requests[0]["path"] == "/anything/test/v2"


def test_what_a_hook_raises_is_not_swallowed(run_steps):
    """W27"""
    conftest = """
        from pytest_sisyphus.extensions.types import CheckType, Function

        def broken(*args, **options):
            raise OSError("the hook is broken")

        def pytest_sisyphus_functions(context):
            return [Function(name="broken", call=broken, description="raises")]

        def pytest_sisyphus_checks():
            return [CheckType(name="breaks", check=broken, description="raises")]
        """
    for steps in (
        "- {name: s, url: '/${broken()}'}",
        "- {name: s, url: /anything, validations: [{breaks: [$, 1]}]}",
    ):
        run = run_steps(steps, conftest__py=conftest)
        assert run.outcomes == {"failed": 1}
        assert "the hook is broken" in run.stdout


def test_whole_values_keep_their_type_and_lists_are_bodies(run_steps, server):
    """W59"""
    run_steps(
        "- {name: s, method: POST, url: /anything, body: ['${n}', '${b}', '${l}', '${z}', 'n=${n}']}",
        config="variables: {n: 5, b: true, l: [1], z: null}",
    )

    assert server.requests[0]["json"] == [5, True, [1], None, "n=5"]


def test_functions_are_everywhere(run_steps, server):
    """W60"""
    run = run_steps(
        """
        - name: "step ${md5('a')[:4]}"
          method: POST
          url: "/anything/${base64_encode('ab')}"
          body: "text ${sha1('a')[:4]}"
          headers: {X-A: "${url_encode('a b')}"}
          validations: [{eq: [$.body, "text ${sha1('a')[:4]}"]}, {contains: [$.path, "${base64_encode('ab')}"]}]
        """
    )

    assert run.outcomes == {"passed": 1}
    assert server.requests[0]["headers"]["X-A"] == "a%20b"
    assert list(run.steps) == ["step 0cc1"]


def test_default_works_on_names_that_are_not_there(run_steps, server):
    """W61"""
    run = run_steps(
        "- {name: s, url: \"/anything/${missing | default('d')}\", "
        "validations: [{eq: [$.path, \"/anything/${nope.deep | default('d')}\"]}]}"
    )

    assert run.outcomes == {"passed": 1}


def test_variables_of_the_environment_stay_when_a_profile_is_active(run_steps, server, monkeypatch):
    """W67"""
    monkeypatch.setenv("SHOP_PAGE", "p7")
    monkeypatch.setenv("SOME_USER", "kim")
    run_steps(
        "- {name: s, url: '/anything/${page}/${user}/${env.SHOP_PAGE}/${v}'}",
        config="""
        active_profile: dev
        profiles: {dev: {variables: {v: dev, page: profile}}}
        env_vars: {prefix: SHOP_, load_from_os: true, mapping: {user: SOME_USER}}
        """,
    )

    assert server.requests[0]["path"] == "/anything/p7/kim/p7/dev"


@pytest.mark.parametrize("section", ["websocket: {enabled: true, port: 8765}", "output: {format: json, path: x}", "verbose: true"])  # fmt: skip
def test_sections_that_were_replaced_warn_and_change_nothing(run_steps, section):
    """W46, W75: the command line and the orchestrator's events do this now."""
    run = run_steps("- {name: s, url: /anything}", config=section)

    assert run.outcomes == {"passed": 1, "warnings": 1}
    assert f"config.{section.partition(':')[0]} does nothing any more" in run.stdout
    assert "case.yaml:4:3" in run.stdout


@pytest.fixture
def folder(pytester, monkeypatch):
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    pytester.makefile(".yaml", failing=f"name: f\nconfig: {{debug: true}}\n{FAILING}\n")
    pytester.makeconftest("import warnings\nprint('noise')\nwarnings.warn('more noise')\n")
    return pytester.path


def test_standard_output_is_the_report_alone_and_says_what_failed(folder):
    """W44, W45"""
    ended = process("engine", "--cases", "failing.yaml", "--format", "json")

    (entry,) = json.loads(ended.stdout)
    assert ended.code == 1
    assert (entry["step"], entry["status"]) == ("s", "failed")
    assert "Expected 77, but got 0" in entry["error"]


def test_text_names_every_failed_step_also_of_a_case_without_one(folder):
    """W47"""
    (folder / "two.yaml").write_text(
        "name: t\nsteps:\n"
        "- {name: first, type: wait, seconds: 0, validations: [{eq: [$.attempts, 71]}]}\n"
        "- {name: second, type: wait, seconds: 0, validations: [{eq: [$.attempts, 72]}]}\n"
    )
    (folder / "none.yaml").write_text(
        "name: n\nconfig: {verify_ssl: '${missing}'}\nsteps: [{name: s, url: /}]\n"
    )

    ended = process("engine", "--cases", "two.yaml", "none.yaml", "-v")

    assert ended.code == 1
    for said in ("Expected 71", "Expected 72", "no variable 'missing'"):
        assert said in ended.stdout


#: the libraries of the extras, and of no other.
EXTRAS = (
    *("allure_commons", "sqlmodel", "starlette", "uvicorn", "psycopg", "pymysql", "sqlalchemy"),
    *("faker", "jsonschema", "xdist", "redis", "alembic", "httpx"),
)
BARE = f"""
import os, sys

os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"

class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {EXTRAS!r}:
            raise ModuleNotFoundError("no module named " + name, name=name)

sys.meta_path.insert(0, Blocked())
import pytest
sys.exit(pytest.main(["-q", "-p", "pytest_sisyphus.plugin", "-p", "no:cacheprovider", *sys.argv[1:]]))
"""


@pytest.mark.parametrize(
    ("step", "code", "said"),
    [
        ("{name: s, url: /anything, validations: [{status_code: 200}]}", 0, "1 passed"),
        ("{name: s, type: script, script: 'x = 1'}", 0, "1 passed"),
        ("{name: s, type: database, database: 'sqlite://', sql: select 1}", 1, "pytest-sisyphus[database]"),
        ("{name: s, url: /anything, validations: [{schema: [$, {type: object}]}]}", 2, "pytest-sisyphus[schema]"),
        ("{name: s, url: \"/${fake('name')}\"}", 1, "pytest-sisyphus[faker]"),
    ],
)  # fmt: skip
def test_an_install_without_extras_runs_and_names_the_extra_that_is_missing(
    pytester, server, step, code, said
):
    """W54"""
    pytester.makefile(
        ".yaml", case=f"name: a\nconfig: {{base_url: '{server.url}'}}\nsteps:\n- {step}\n"
    )
    ended = pytester.run(sys.executable, "-c", BARE)

    assert said in ended.stdout.str()
    assert ended.ret == code
