"""Command line, environment and ini become one `Options`."""

import pytest

from pytest_sisyphus.command_line import read_options
from pytest_sisyphus.options import Secret
from pytest_sisyphus.settings import SETTINGS


@pytest.fixture
def options(pytester):
    def read(*args, ini="", environ=None):
        pytester.makeini(f"[pytest]\n{ini}")
        return read_options(pytester.parseconfig(*args), environ or {})

    return read


ALL_SAY = {
    "args": ["--sisyphus-url=http://cli"],
    "environ": {"SISYPHUS_URL": "http://env", "PLATFORM_BASE_URL": "http://jenkins"},
    "ini": "sisyphus_url = http://ini",
}


@pytest.mark.parametrize(
    ("silent", "url"),
    [
        ([], "http://cli"),
        (["args"], "http://env"),
        (["args", "SISYPHUS_URL"], "http://jenkins"),
        (["args", "environ"], "http://ini"),
        (["args", "environ", "ini"], ""),
    ],
)
def test_precedence(options, silent, url):
    args = [] if "args" in silent else ALL_SAY["args"]
    environ = {} if "environ" in silent else dict(ALL_SAY["environ"])
    if "SISYPHUS_URL" in silent:
        del environ["SISYPHUS_URL"]
    ini = "" if "ini" in silent else ALL_SAY["ini"]

    assert options(*args, ini=ini, environ=environ).url == url


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        ("--sisyphus-execution=abc", "--sisyphus-execution: expected an execution's number"),
        ("--sisyphus-report=pdf:x", "expected FORMAT:PATH with one of json, json-compact"),
        ("--sisyphus-report=json", "expected FORMAT:PATH"),
        ("--sisyphus-var=novalue", "--sisyphus-var: expected NAME=VALUE"),
        ("--sisyphus-scripts=maybe", "expected allow or deny"),
        ("--sisyphus-token=@/no/such/file", "--sisyphus-token: cannot read"),
        ("--sisyphus-seed=1.5", "expected a whole number"),
    ],
)
def test_a_wrong_value_names_the_option_and_what_it_accepts(options, argument, message):
    with pytest.raises(pytest.UsageError, match=message.split(":", maxsplit=1)[0]) as error:
        options(argument)

    assert message in str(error.value)


def test_a_secret_comes_from_a_file_and_shows_itself_nowhere(options, tmp_path):
    path = tmp_path / "token"
    path.write_text("canary-7\n")

    read = options(f"--sisyphus-token=@{path}")

    assert read.token.reveal() == "canary-7"
    assert "canary" not in f"{read} {read.token} {read.token!r} {read.token:>9}"


def test_a_bad_secret_is_not_repeated_in_the_complaint():
    assert "abc" not in repr(Secret("abc"))


def test_repeated_options_add_up(options):
    read = options(
        "--sisyphus-var=a=1",
        "--sisyphus-var=b=x=y",
        "--sisyphus-report=json:a.json",
        "--sisyphus-report=json:out/",
    )

    assert read.variables == {"a": "1", "b": "x=y"}
    assert [(one.format, one.is_folder) for one in read.reports] == [
        ("json", False),
        ("json", True),
    ]


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.field)
def test_every_setting_has_its_ini_twin_and_help(options, pytester, setting):
    pytester.makeini("[pytest]\n")
    config = pytester.parseconfig()

    assert config.getini(setting.ini) in (None, "")
    assert setting.help
    assert setting.accepts
