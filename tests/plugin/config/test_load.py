"""Command line, environment and ini become one `Options`."""

import importlib.util

import pytest
from languages import assert_chinese, set_to_chinese

from pytest_sisyphus.config.load import read_options
from pytest_sisyphus.config.option_types import REPORT_FORMATS, Secret
from pytest_sisyphus.config.options import DECLARED, Options
from pytest_sisyphus.i18n import language, set_language

__all__ = ["set_to_chinese"]


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


WRONG_VALUES = [
    ("--sisyphus-execution=abc", "--sisyphus-execution: expected an execution's number"),
    ("--sisyphus-report=pdf:x", "expected FORMAT:PATH with one of json, json-compact"),
    ("--sisyphus-report=json", "expected FORMAT:PATH"),
    ("--sisyphus-var=novalue", "--sisyphus-var: expected NAME=VALUE, or NAME:=JSON, got"),
    ("--sisyphus-var=:=5", "--sisyphus-var: expected NAME=VALUE, or NAME:=JSON"),
    (
        "--sisyphus-var=n:=hunter22",
        "the value of 'n' is not JSON: column 1: Expecting value; text is given as n=VALUE",
    ),
    ("--sisyphus-var=n:=[1,", "the value of 'n' is not JSON: column 4: "),
    ("--sisyphus-var=n:=NaN", "the value of 'n' is not JSON: "),
    ("--sisyphus-var=n:=", "the value of 'n' is not JSON: column 1: "),
    ("--sisyphus-var=n:=" + "[" * 99999, "the value of 'n' is nested too deeply"),
    ("--sisyphus-scripts=maybe", "expected allow or deny"),
    ("--sisyphus-token=@/no/such/file", "--sisyphus-token: cannot read"),
    ("--sisyphus-seed=1.5", "expected a whole number"),
]


@pytest.mark.parametrize(("argument", "message"), WRONG_VALUES)
def test_a_wrong_value_names_the_option_and_what_it_accepts(options, argument, message):
    with pytest.raises(pytest.UsageError, match=message.split(":", maxsplit=1)[0]) as error:
        options(argument)

    assert message in str(error.value)
    assert "hunter22" not in str(error.value)


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


@pytest.mark.parametrize("argument", [argument for argument, _ in WRONG_VALUES])
def test_a_wrong_value_is_told_in_chinese(options, set_to_chinese, argument):
    with pytest.raises(pytest.UsageError) as error:
        options(argument, environ={"SISYPHUS_LANG": "zh"})

    assert_chinese(str(error.value), ", ".join(REPORT_FORMATS))


@pytest.mark.parametrize("option", DECLARED, ids=lambda option: option.field)
def test_every_option_has_its_ini_twin_and_help(options, pytester, option):
    pytester.makeini("[pytest]\n")
    config = pytester.parseconfig()

    assert config.getini(option.ini) in (None, "")
    assert option.help
    assert option.accepts


def test_the_help_says_each_default(pytester, monkeypatch):
    """By itself: nobody writes one a second time."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    shown = pytester.runpytest_subprocess("-p", "pytest_sisyphus.plugin", "--help").outlines
    said = " ".join(" ".join(shown).split())
    for default in (
        "that of the locale, else en",
        "allow",
        "30",
        "10",
        "error",
        "warn",
        "10 MiB",
        "256 MiB",
    ):
        assert f"(default: {default})" in said


@pytest.mark.parametrize(
    ("environ", "arguments", "languages"),
    [
        ({}, [], ("en", "zh")),
        ({"LANG": "zh_CN.UTF-8"}, [], ("zh", "zh")),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "C"}, [], ("en", "zh")),
        ({"LANG": "zh_CN.UTF-8", "SISYPHUS_LANG": "en"}, [], ("en", "en")),
        ({"LANG": "en_US.UTF-8", "LANGUAGE": "zh_CN:en"}, [], ("zh", "zh")),
        ({"LANGUAGE": "zh_CN:en"}, [], ("zh", "zh")),
        ({"LANGUAGE": "zh_CN:en", "LC_ALL": "C", "LANG": "zh_CN.UTF-8"}, [], ("en", "zh")),
        ({"LANGUAGE": "zh_CN:en", "LANG": "POSIX"}, [], ("en", "zh")),
        ({"LANG": "de_DE.UTF-8"}, ["--sisyphus-lang=zh"], ("zh", "zh")),
        ({}, ["--sisyphus-lang=zh", "--sisyphus-report-lang=en"], ("zh", "en")),
    ],
)
def test_the_language_is_what_is_said_else_the_locales(
    pytester, monkeypatch, environ, arguments, languages
):
    for name in ("SISYPHUS_LANG", "LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    try:
        read = read_options(pytester.parseconfig(*arguments))
        assert (read.lang, read.report_lang) == languages
        assert language() == read.lang
    finally:
        set_language("en")


@pytest.mark.parametrize(
    ("environ", "arguments", "lang"),
    [
        ("C", ["--sisyphus-lang=zh"], "zh"),
        ("C", ["--sisyphus-lang", "zh"], "zh"),
        ("C", [], "en"),
        ("zh_CN.UTF-8", ["--sisyphus-lang=en"], "en"),
        ("zh_CN.UTF-8", [], "zh"),
    ],
)
def test_the_help_is_in_the_language_that_is_said(pytester, monkeypatch, environ, arguments, lang):
    for name in ("SISYPHUS_LANG", "LANGUAGE", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LC_ALL", environ)
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    shown = pytester.runpytest_inprocess("-p", "pytest_sisyphus.plugin", "--help", *arguments)

    said = "".join(shown.stdout.str().split())
    assert ("用例文件中出现未知键时如何处理" in said) is (lang == "zh")
    assert ("whatanunknownkey" in said) is (lang == "en")


@pytest.mark.parametrize("argument", ["-n4", "-nauto", "--numprocesses=2", "-n"])
def test_workers_without_xdist_are_told_what_to_install(pytester, monkeypatch, argument):
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *of: None if name == "xdist" else find(name, *of)
    )
    pytester.makepyfile("def test_a(): pass")

    def said(*more):
        run = pytester.runpytest_inprocess("-p", "pytest_sisyphus.plugin", *more, argument)
        assert run.ret == pytest.ExitCode.USAGE_ERROR
        return run.stderr.str()

    assert said() == "ERROR: -n needs pytest-xdist: pip install 'pytest-sisyphus[xdist]'\n"
    assert "-n 需要 pytest-xdist：pip install" in said("--sisyphus-lang=zh")
    helped = pytester.runpytest_inprocess("-p", "pytest_sisyphus.plugin", "--help", argument)
    assert helped.ret == pytest.ExitCode.OK


@pytest.mark.parametrize("argument", ["--help", "--collect-only", "--sisyphus-seed=x"])
def test_a_session_leaves_the_language_to_the_one_around_it(pytester, argument):
    pytester.runpytest_inprocess("-p", "pytest_sisyphus.plugin", "--sisyphus-lang=zh", argument)

    assert language() == "en"


def test_what_no_option_says_has_the_declared_default(options):
    assert options() == Options()


def test_a_variable_may_be_any_json_value(options):
    read = options(
        "--sisyphus-var=n:=5",
        '--sisyphus-var=l:=[1, {"a": null}]',
        "--sisyphus-var=t:=true",
        "--sisyphus-var=d:=10.50",
        "--sisyphus-var=text=5",
        "--sisyphus-var=colon=:=5",
    )

    assert read.variables == {
        "n": 5,
        "l": [1, {"a": None}],
        "t": True,
        "d": 10.5,
        "text": "5",
        "colon": ":=5",
    }
    assert str(read.variables["d"]) == "10.50"


def test_files_of_variables_are_where_they_are_named(options, pytester):
    root = pytester.path

    assert options("--sisyphus-vars=a.yaml", "--sisyphus-vars=/b.json").variable_files == (
        root / "a.yaml",
        root.joinpath("/b.json"),
    )
    (root / "sub").mkdir()
    pytester.chdir()
    assert options(ini="sisyphus_vars = c.yaml").variable_files == (root / "c.yaml",)
    assert options(environ={"SISYPHUS_VARS": "d.yaml"}).variable_files == (root / "d.yaml",)
