"""Webhooks as they are configured, and what is said of a mistake."""

import json
from pathlib import Path

import pytest

from orchestrator.config.load import load
from orchestrator.errors import StartupError
from orchestrator.notifications.webhook import read, subscribed

ACCEPTED = "give a TOML file with [[webhooks]] tables, or a JSON array"
ONE = {"name": "qa", "url": "https://hooks.example/geheim"}


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def many(*tables):
    return json.dumps(list(tables))


FILE = """
[[webhooks]]
name = "平台-1"
url = "@address"
secret = "@key"
states = [5, 8]
projects = [3]
language = "en"

[[webhooks]]
name = "group"
url = "http://127.0.0.1:9/x"
format = "wecom"
"""


@pytest.mark.parametrize("whence", ["config", "sisyphus", "option", "environment", "json"])
def test_webhooks_are_read_from_every_place(whence):
    Path("address").write_text("https://hooks.example/geheim\n")
    Path("key").write_text("geheim\n")
    Path("hooks.toml").write_text(FILE)
    Path("c.toml").write_text(
        FILE if whence == "config" else FILE.replace("[[webhooks]]", "[[sisyphus.webhooks]]")
    )
    tables = [
        {"name": "平台-1", "url": "@address", "secret": "@key", "states": [5, 8], "projects": [3]}
        | {"language": "en"},
        {"name": "group", "url": "http://127.0.0.1:9/x", "format": "wecom"},
    ]
    given, environ = {
        "config": ({"config": "c.toml"}, {}),
        "sisyphus": ({"config": "c.toml"}, {}),
        "option": ({"webhooks": "hooks.toml"}, {}),
        "environment": ({}, {"SISYPHUS_WEBHOOKS": "hooks.toml"}),
        "json": ({}, {"SISYPHUS_WEBHOOKS": json.dumps(tables)}),
    }[whence]

    settings = load(given, environ)

    platform, group = settings.webhooks
    assert (platform.name, platform.format, platform.language) == ("平台-1", "json", "en")
    assert platform.url.reveal() == "https://hooks.example/geheim"
    assert platform.secret.reveal() == "geheim"
    assert (platform.states, platform.projects) == ({5, 8}, {3})
    assert (group.format, group.states, group.projects) == ("wecom", {4, 5, 6, 7, 8}, None)
    assert "geheim" not in repr(settings)


@pytest.mark.parametrize(
    ("status", "project", "names"),
    [(5, 3, ["a", "b"]), (4, 3, ["b"]), (5, 4, ["b"]), (5, None, ["b"])],
)
def test_who_is_told_of_which_end(status, project, names):
    some = {**ONE, "name": "a", "states": [5, 6], "projects": [3]}
    assert subscribed(read(many(some, {**ONE, "name": "b"})), status, project) == names


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (many("x"), "webhook 1: give a table with name and url"),
        (many({"url": "u"}), "webhook 1: name is missing"),
        (many({"name": "a"}), "webhook 1 ('a'): url is missing"),
        (many(ONE, ONE), "webhook 'qa' is there twice; give each a name of its own"),
        (many({**ONE, "name": "a b"}), "name: give 1 to 64 letters"),
        (many({**ONE, "uri": "geheim"}), "unknown key 'uri'; known: name, url, format"),
        (many({**ONE, "url": "ftp://geheim"}), "url: give an http or https address"),
        (many({**ONE, "url": "https://"}), "url: give an http or https address"),
        (many({**ONE, "url": "https://u:geheim@h/"}), "without user and password"),
        (many({**ONE, "url": "https://h/geheim\u0000"}), "url: give an http or https address"),
        (many({**ONE, "url": "https://h:geheim/"}), "url: give an http or https address"),
        (many({**ONE, "url": "@missing"}), "url: the file named after the @ cannot be read: No"),
        (many({**ONE, "secret": "@empty"}), "secret: the file empty is empty"),
        (many({**ONE, "secret": "/etc/geheim"}), "secret: that looks like the path of a file"),
        (many({**ONE, "url": "/etc/hook.url"}), "url: that looks like the path of a file"),
        (many({**ONE, "url": 5}), "url: give a text, or @PATH"),
        (many({**ONE, "secret": ""}), "secret: give a text, or @PATH"),
        (many({**ONE, "format": 1}), "format: give the name of a format such as json"),
        (many({**ONE, "states": [3]}), "states: give final statuses: some of [4, 5, 6, 7, 8]"),
        (many({**ONE, "states": []}), "states: give a list of numbers"),
        (many({**ONE, "projects": ["3"]}), "projects: give a list of numbers"),
        (many({**ONE, "projects": [True]}), "projects: give a list of numbers"),
        (many({**ONE, "language": "fr"}), "language: give one of zh, en"),
        ("[geheim", f"cannot read the webhooks: Expecting value; {ACCEPTED}"),
        ("geheim", f"cannot read the webhooks: No such file or directory; {ACCEPTED}"),
        (
            "missing.toml",
            f"the file missing.toml cannot be read: No such file or directory; {ACCEPTED}",
        ),
        ("@missing.toml", "the file missing.toml cannot be read: No such file or directory; give"),
        ("folder.toml", "the file folder.toml cannot be read: Is a directory; give a TOML file"),
        ("broken.toml", "the file broken.toml cannot be read: Expected '=' after a key"),
        (str(Path(__file__).with_name("none.toml")), "none.toml cannot be read: No such file"),
        ("/nope.toml", "the file /nope.toml cannot be read: No such file"),
        ("other.toml", "give a TOML file with [[webhooks]] tables, or a JSON array"),
        ("single.toml", "give a TOML file with [[webhooks]] tables, or a JSON array"),
    ],
)
def test_a_mistake_is_said_with_its_place_and_without_secrets(text, said):
    Path("other.toml").write_text("port = 1\n")
    Path("broken.toml").write_text("geheim\n")
    Path("folder.toml").mkdir()
    Path("empty").touch()
    Path("single.toml").write_text("[webhooks]\nname = 'geheim'\n")
    with pytest.raises(StartupError) as error:
        load({}, {"SISYPHUS_WEBHOOKS": text})
    assert str(error.value).startswith("SISYPHUS_WEBHOOKS: that is not usable; ")
    assert said in str(error.value)
    assert "geheim" not in str(error.value)


def test_a_mistake_in_the_file_names_the_file():
    Path("c.toml").write_text("[[webhooks]]\nname = 'qa'\nurl = 'geheim'\n")
    with pytest.raises(StartupError, match=r"c\.toml: webhooks: that .*webhook 1 \('qa'\): url"):
        load({"config": "c.toml"}, {})
