"""Where settings come from, and which source wins."""

import re
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from orchestrator.config.load import load, mistyped
from orchestrator.config.settings import OPTIONS, Settings, check_serving, is_loopback
from orchestrator.errors import StartupError

DOCUMENTS = Path(__file__).parents[3] / "docs" / "en"


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("line", "environ", "file", "port"),
    [
        (None, None, None, 8000),
        (None, None, "9003", 9003),
        (None, "9002", "9003", 9002),
        ("9001", "9002", "9003", 9001),
        ("8000", "9002", "9003", 8000),
        ("9001", None, None, 9001),
    ],
)
def test_the_command_line_wins_then_the_environment_then_the_file(line, environ, file, port):
    given = {"port": line}
    if file:
        Path("c.toml").write_text(f"port = {file}\n")
        given["config"] = "c.toml"
    assert load(given, {"SISYPHUS_PORT": environ} if environ else {}).port == port


@pytest.mark.parametrize(
    "text",
    [
        "callback-secret = 's'\nslots = 3",
        "[sisyphus]\ncallback_secret = 's'\nslots = '3'",
        "[tool.other]\nslots = 9\n[sisyphus]\ncallback_secret = 's'\nslots = '3'",
    ],
)
def test_a_file_may_spell_names_either_way(text):
    Path("c.toml").write_text(text)
    settings = load({}, {"SISYPHUS_CONFIG": "c.toml"})
    assert (settings.callback_secret.reveal(), settings.slots) == ("s", 3)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("prot = 1", "unknown option 'prot'; did you mean 'port'?"),
        ("port = [1]", "c.toml: port: '[1]' is not usable; give a whole number"),
        ("slots = true", "c.toml: slots: 'true' is not usable; give a whole number from 1 to 1000"),
        ("lease = false", "c.toml: lease: 'false' is not usable; give a positive number of sec"),
        ("host = true", "c.toml: host: true is not usable; give a text in quotes"),
        ("jenkins-job = ['a']", 'c.toml: jenkins-job: ["a"] is not usable; give a text in quotes'),
        ("callback-secret = [1]", "c.toml: callback-secret: … is not usable; give a text in qu"),
        ("= 1", "cannot read the configuration"),
        ("data-dir = 'a'\ndata_dir = 'b'", "'data_dir' is given twice, with - and with _"),
        ("[sisypus]\nport = 1", "unknown table [sisypus]; options stand at the top or in"),
        ("port = 1\nslots = 2\n[sisyphus]\nhost = 'h'", "port, slots would count for nothing"),
        ("prot = 1\n[sisyphus]\nport = 2", "prot would count for nothing beside the table"),
        ("[sisyphus]\nport = 1\n[[webhooks]]\nname = 'w'", "webhooks would count for nothing"),
        ("[sisyphus]\nport = 1\n[plugin.acme]\nx = 1", "plugin would count for nothing"),
    ],
)
def test_a_bad_file_is_said_with_its_name(text, message):
    Path("c.toml").write_text(text)
    with pytest.raises(StartupError, match=r"c\.toml") as error:
        load({"config": "c.toml"}, {})
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("variable", "near"),
    [
        ("SISYPHUS_PROT", "SISYPHUS_PORT"),
        ("SISYPHUS_CALLBACK_SECERT", "SISYPHUS_CALLBACK_SECRET"),
        ("SISYPHUS_DATABASE", "SISYPHUS_DATABASE_URL"),
        ("SISYPHUS_CONFG", "SISYPHUS_CONFIG"),
    ],
)
def test_a_variable_that_looks_like_an_option_is_said(variable, near):
    said = f"the variable {variable} is no option; did you mean {near}?"
    assert list(mistyped({variable: "x"})) == [said]


def test_variables_of_options_of_pytest_and_of_others_are_no_mistakes():
    ours = (one.variable for one in OPTIONS.values())
    of_pytest = ("execution.md", "reference/options.md")
    texts = (DOCUMENTS.joinpath(name).read_text("utf-8") for name in of_pytest)
    options = re.findall(r"SISYPHUS_[A-Z_]+", "".join(texts))
    assert {"SISYPHUS_REPORT", "SISYPHUS_EXECUTION"} <= set(options)
    for variable in (
        *ours,
        *options,
        "SISYPHUS_CONFIG",
        "SISYPHUS_LANG",
        "SISYPHUS_TEST_X",
        "PROT",
    ):
        assert list(mistyped({variable: "x"})) == []


def test_credentials_in_an_address_that_is_refused_are_masked():
    with pytest.raises(StartupError, match=r"ftp://\*\*\*@host") as error:
        load({"public_url": "ftp://user:geheim@host"}, {})
    assert "geheim" not in str(error.value)


def test_a_default_is_said_where_it_is_declared_and_nowhere_else():
    """What help shows, the option reads back to the default: nothing is written twice."""
    in_words = {
        "project_root",
        "jwt_algorithms",
        "public_url",
        "callback_url",
        "data_dir",
        "timezone",
    }
    for name, option in OPTIONS.items():
        if option.shown_default and name not in in_words:
            assert option.parse(option.shown_default) == getattr(Settings(), name)
            assert option.help.endswith(f"(default: {option.shown_default})")


def test_the_manual_names_every_option_with_its_default():
    text = (Path(__file__).parents[3] / "docs/en/orchestrator.md").read_text("utf-8")
    rows = [line.split("|")[1:3] for line in text.splitlines() if line.startswith("| `--")]
    defaults = {flag: row[1] for row in rows for flag in re.findall(r"--[\w-]+", row[0])}
    assert set(defaults) == {option.flag for option in OPTIONS.values()}
    for option in OPTIONS.values():
        if option.shown_default:
            assert option.shown_default in defaults[option.flag].replace("`", "")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"auth": "none", "host": "0.0.0.0"}, "--auth none is refused on '0.0.0.0'"),
        ({"auth": "redis"}, "needs --redis-url"),
        ({"auth": "redis", "redis_url": "redis://h/0"}, "needs --redis-prefix: .* login:token:"),
        ({"auth": "redis", "redis_url": "redis://h/0", "redis_prefix": ""}, "--redis-prefix"),
        ({"auth": "jwt"}, "needs one of --jwt-key and --jwt-jwks"),
        ({"auth": "jwt", "jwt_key": "k", "jwt_jwks": "f"}, "needs one of"),
        ({"project_root": "nowhere"}, "--project-root 'nowhere' is not a folder"),
    ],
)
def test_what_cannot_serve_can_be_loaded_all_the_same(given, message):
    settings = load(given, {})
    with pytest.raises(StartupError, match=message):
        check_serving(settings)


def test_a_secret_comes_from_a_file_and_prints_as_stars():
    Path("s").write_text("geheim\n")
    settings = load({"callback_secret": "@s"}, {})
    assert settings.callback_secret.reveal() == "geheim"
    assert "geheim" not in f"{settings} {settings.callback_secret!s} {settings.callback_secret:>9}"


@pytest.mark.parametrize(
    "text",
    [
        "/etc/sisyphus/callback.secret",
        "/nowhere/sisyphus.key",
        "./callback",
        "../callback",
        "~/callback",
        "~sisyphus/callback",
        "held",
        f"/tmp/{'x' * 40}",
    ],
)
@pytest.mark.parametrize("name", ["callback_secret", "jwt_key", "redis_url", "jenkins_token"])
def test_a_path_without_its_at_is_no_secret(name, text):
    Path("held").write_text("geheim\n")
    with pytest.raises(StartupError, match=r"looks like the path of a file.*write an @ before it"):
        load({name: text}, {})


@pytest.mark.parametrize("path", ["/srv/x.sqlite3", "./x.sqlite3"])
def test_a_path_is_no_address_of_a_database(path):
    with pytest.raises(StartupError, match="that is a path and no address; write sqlite:///PATH"):
        load({"database_url": path}, {})


@pytest.mark.parametrize(
    "text", ["", "/9j4AAQSkZJRgABAQAAAQABAAD/2w==", "a/b~c", "~geheim", "...."]
)
def test_a_secret_may_have_a_slash(text):
    assert load({"callback_secret": text}, {}).callback_secret.reveal() == text


@pytest.mark.parametrize("name", ["callback_secret", "jwt_key", "database_url", "redis_url"])
def test_an_empty_file_holds_no_secret(name):
    Path("held").write_text(" \n")
    with pytest.raises(StartupError, match="the file held is empty"):
        load({name: "@held"}, {})


@pytest.mark.parametrize("path", ["/etc/no/callback", "/nowhere/callback.secret", "callback.pem"])
def test_a_file_that_cannot_be_read_is_named(path):
    with pytest.raises(StartupError, match=f"the file {path} cannot be read: No such file"):
        load({"callback_secret": f"@{path}"}, {})


@pytest.mark.parametrize(
    ("given", "address"),
    [
        ({}, "http://127.0.0.1:8000"),
        ({"host": "::1", "port": "9"}, "http://[::1]:9"),
        ({"public_url": "https://t.example/it/api"}, "https://t.example"),
        ({"public_url": "https://t.example/"}, "https://t.example"),
        ({"host": "0.0.0.0"}, "http://127.0.0.1:8000"),
        ({"host": "::"}, "http://[::1]:8000"),
    ],
)
def test_the_address_for_others(given, address):
    assert load(given, {}).base_url == address


def test_files_live_beside_the_database_unless_said():
    assert load({"database_url": "sqlite:////srv/x/y.db"}, {}).files_root == Path(
        "/srv/x/.sisyphus"
    )
    assert load({"database_url": "postgresql://h/d"}, {}).files_root == Path(".sisyphus")
    assert load({"data_dir": "/d"}, {}).files_root == Path("/d")


def test_the_time_zone_is_a_zone():
    assert load({"timezone": "Asia/Shanghai"}, {}).timezone == ZoneInfo("Asia/Shanghai")


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("127.0.0.1", True),
        ("127.8.0.1", True),
        ("::1", True),
        ("localhost", True),
        ("0.0.0.0", False),
        ("::", False),
        ("example.com", False),
        ("", False),
    ],
)
def test_loopback_is_this_machine_only(host, loopback):
    assert is_loopback(host) == loopback
