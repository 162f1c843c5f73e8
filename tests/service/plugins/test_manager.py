"""How plugins of the service are found, and what the operator reads when one is not usable."""

import logging
import re
import threading
from types import SimpleNamespace

import pytest
from service_kit import Service, until
from service_plugins import Plugins

from orchestrator.app import create_app
from orchestrator.catalog.poller import CatalogPoller
from orchestrator.config.load import load
from orchestrator.config.settings import Settings
from orchestrator.errors import StartupError
from orchestrator.notifications.formats.registry import FORMATS
from orchestrator.notifications.webhook import Webhook
from orchestrator.plugins.registry import load_extensions
from orchestrator.runners.external import ExternalRunner
from orchestrator.secrets import Secret

RUNNER = """
from orchestrator.runners.external import ExternalRunner

def sisyphus_runners():
    return {"%s": lambda context: ExternalRunner()}
"""


@pytest.fixture
def plugins(tmp_path, monkeypatch):
    made = Plugins(tmp_path / "plugins", monkeypatch)
    yield made
    made.forget()


def settings_of(folder, **options):
    return Settings(database_url=f"sqlite:///{folder}/s.sqlite3", **options)


def refusal(settings):
    with pytest.raises(StartupError) as caught:
        create_app(settings)
    text = str(caught.value)
    assert "\n" not in text
    return text


def test_the_services_own_parts_come_by_the_hooks():
    parts = load_extensions(Settings())
    assert parts.runners.names == ("local", "jenkins", "external")
    assert parts.auth_backends.names == ("token", "redis", "jwt", "none")
    assert parts.catalog_sources.names == ()
    assert parts.webhook_formats.names == tuple(FORMATS)


def test_a_plugin_is_found_installed_and_named_and_both(tmp_path, plugins):
    plugins.install("acme_sisyphus", acme="acme_installed")
    plugins.module("acme_installed", RUNNER % "installed")
    plugins.module("acme_named", RUNNER % "named")

    parts = load_extensions(settings_of(tmp_path, plugins=("acme_named", "acme_installed")))

    assert parts.runners.names[-2:] == ("installed", "named")
    assert list(parts.plugins) == ["acme", "acme_named"]


def test_an_entry_point_may_name_an_object(tmp_path, plugins):
    plugins.install("acme_sisyphus", acme="acme_object:service")
    plugins.module(
        "acme_object",
        "from orchestrator.runners.external import ExternalRunner\n"
        "class Service:\n"
        "    def sisyphus_runners(self):\n"
        "        return {'mine': lambda context: ExternalRunner()}\n"
        "service = Service()\n",
    )
    app = create_app(settings_of(tmp_path, runner="mine"))
    assert isinstance(app.state.services.runner, ExternalRunner)
    app.state.services.writer.close()
    app.state.services.database.close()


def test_two_applications_know_nothing_of_each_others_plugins(tmp_path, plugins):
    plugins.module("acme", RUNNER % "mine")
    assert "mine" in load_extensions(settings_of(tmp_path, plugins=("acme",))).runners.names
    assert "mine" not in load_extensions(settings_of(tmp_path)).runners.names


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("import no_such_one\n", r"cannot be imported: ModuleNotFoundError: No module .*FILE:1\)"),
        ("\n1 / 0\n", r"'acme', named by --plugins, .*ZeroDivisionError: .* \(FILE:2\); it has"),
        ("def (\n", r"cannot be imported: SyntaxError: invalid syntax \(acme\.py, line 1\)"),
        (
            "x = 1\n",
            r"plugin 'acme' \(FILE\) has no hook; .*: sisyphus_runners, sisyphus_auth_backends",
        ),
        (
            "def sisyphus_runnerz():\n    return {}\n",
            r"plugin 'acme' \(FILE\) is not usable: unknown hook 'sisyphus_runnerz'.*sisyphus_run",
        ),
        (
            "def sisyphus_runners(settings):\n    return {}\n",
            r"plugin 'acme' \(FILE\) is not usable: .*settings.*functions without arguments",
        ),
        (
            "def sisyphus_auth_backends():\n    return {}['x']\n",
            r"plugin 'acme' \(FILE\): sisyphus_auth_backends\(\) failed: KeyError: 'x' \(FILE:2\)",
        ),
        (
            "def sisyphus_runners():\n    return ['mine']\n",
            r"\(FILE\): sisyphus_runners\(\) gave list; give a mapping from names",
        ),
        (
            "def sisyphus_runners():\n    return {'mine': 7}\n",
            r"sisyphus_runners\(\) gave 'mine': 7; give a mapping",
        ),
        (
            "def sisyphus_runners():\n    return {'a b': print}\n",
            r"gave 'a b': .*; give a mapping from names \(letters, digits, '_-\.'\)",
        ),
        (
            RUNNER % "local",
            r"the runner 'local' is there twice: by .* 'sisyphus-builtin' \(.*\) and by .*'acme' \(FILE\)",
        ),
    ],
)
def test_a_plugin_that_is_not_usable_keeps_the_service_from_starting(tmp_path, plugins, text, says):
    plugins.module("acme", text)
    wanted = says.replace("FILE", re.escape(str(plugins.folder / "acme.py")))
    assert re.search(wanted, refusal(settings_of(tmp_path, plugins=("acme",))))
    assert not (tmp_path / "s.sqlite3").exists()


MAKES = """
from orchestrator.errors import StartupError

class Half:
    name = "half"
    def start(self, on_ended): ...
    def authenticate(self, token): ...

def refuse(context):
    raise StartupError("[plugin.acme] needs an address")

def part(context):
    return {"half": Half, "mute": object}[context.options["kind"]]()

def sisyphus_runners():
    return {"mine": part, "refuses": refuse}

def sisyphus_auth_backends():
    return {"mine": part}

def sisyphus_catalog_sources():
    return {"mine": part}

def sisyphus_webhook_formats():
    return {"mine": part}
"""


def webhook_of(kind):
    return Webhook(name="qa", url=Secret("http://127.0.0.1:1/"), format=kind)


@pytest.mark.parametrize(
    ("options", "kind", "says"),
    [
        (
            {"runner": "mine"},
            "half",
            r"plugin 'acme' \(FILE\): runner 'mine' is a Half without cancel, close, state, trigger",
        ),
        ({"runner": "mine"}, "mute", "is a object without cancel, close, name, start, state, tri"),
        ({"auth": "mine"}, "half", "auth backend 'mine' is a Half without check; add that"),
        ({"catalog_sources": ("mine",)}, "half", "source of cases 'mine' is a Half without pull"),
        ({"runner": "mine"}, None, r"runner 'mine' cannot be made: KeyError: 'kind' \(FILE:1\d\)"),
        ({"runner": "refuses"}, None, r"^\[plugin\.acme\] needs an address$"),
        ({"runner": "other"}, None, "--runner: no runner 'other'; known: local, .*mine, refuses"),
        ({"webhooks": (webhook_of("mine"),)}, "mute", "format 'mine' is a object without __call__"),
        ({"webhooks": (webhook_of("x"),)}, None, "format 'x' is not known; give .*slack, mine$"),
        ({"catalog_sources": ("x",)}, None, "--catalog-sources: no source of cases 'x'; known: mi"),
        (
            {"plugin_options": {"acne": {}}},
            None,
            r"\[plugin\.acne\] is no plugin's table; plugins: acme",
        ),
    ],
)
def test_a_choice_that_cannot_work_is_refused(tmp_path, plugins, options, kind, says):
    plugins.module("acme", MAKES)
    options = {"plugin_options": {"acme": {"kind": kind} if kind else {}}, **options}
    wanted = says.replace("FILE", re.escape(str(plugins.folder / "acme.py")))
    assert re.search(wanted, refusal(settings_of(tmp_path, plugins=("acme",), **options)))


def test_two_plugins_of_one_name_are_refused_by_both_files(tmp_path, plugins):
    plugins.install("acme_sisyphus", acme="acme_one")
    plugins.module("acme_one", RUNNER % "one")
    plugins.module("acme", RUNNER % "two")
    text = refusal(settings_of(tmp_path, plugins=("acme",)))
    assert "two plugins of one name" in text
    assert "acme_one.py" in text
    assert str(plugins.folder / "acme.py") in text


def test_two_plugins_with_one_runner_are_refused_by_name(tmp_path, plugins):
    for name in ("acme", "brand"):
        plugins.module(name, RUNNER % "same")
    text = refusal(settings_of(tmp_path, plugins=("acme", "brand")))
    assert re.search(
        r"runner 'same' is there twice: by plugin 'acme' \(.*\) and by plugin 'brand'", text
    )


def test_an_installed_plugin_that_is_broken_is_named(tmp_path, plugins):
    plugins.install("acme_sisyphus", acme="acme_gone:service")
    text = refusal(settings_of(tmp_path))
    assert "plugin 'acme', installed as acme_gone:service, cannot be imported" in text


@pytest.mark.parametrize(
    "text",
    [
        'plugins = ["a", "b.c"]\ncatalog-sources = ["x"]\n[plugin.a]\ntoken = "geheim"\n',
        '[sisyphus]\nplugins = "a,b.c"\ncatalog_sources = "x"\n[sisyphus.plugin.a]\ntoken="geheim"',
    ],
)
def test_the_file_names_plugins_and_holds_their_tables(tmp_path, text):
    (tmp_path / "c.toml").write_text(text)
    settings = load({"config": str(tmp_path / "c.toml"), "runner": "external"}, {})
    assert settings.plugins == ("a", "b.c")
    assert settings.catalog_sources == ("x",)
    assert settings.plugin_options == {"a": {"token": "geheim"}}
    assert "geheim" not in repr(settings)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("plugin = 3\n", r"write \[plugin\.NAME\]"),
        ("[plugin]\ntoken = 'geheim'\n", r"write \[plugin\.NAME\]"),
        ("[plugins.a]\ntoken = 'geheim'\n", r"\[plugins\] is an option, .* is \[plugin\.NAME\]"),
        ("sisyphus = 3\n", r"give a table \[sisyphus\]"),
    ],
)
def test_a_file_with_tables_at_the_wrong_place_is_refused(tmp_path, text, says):
    (tmp_path / "c.toml").write_text(text)
    with pytest.raises(StartupError, match=says) as caught:
        load({"config": str(tmp_path / "c.toml")}, {})
    assert "c.toml" in str(caught.value)
    assert "geheim" not in str(caught.value)


def test_the_doctor_lists_plugins_and_makes_what_was_chosen(cli, plugins):
    plugins.module("acme", MAKES)
    out = cli("doctor", "--plugins", "acme")[1]
    assert "ok    extensions: runner local, plugins: acme" in out
    code, out, _ = cli("doctor", "--plugins", "acme", "--runner", "refuses")
    assert code == 1
    assert "FAIL  extensions: [plugin.acme] needs an address" in out


SOURCES = """
class Broken:
    def pull(self):
        yield {"projectId": 4, "cases": [{"caseId": 4, "caseKey": "d"}]}
        raise OSError("no such host")

class Odd:
    def pull(self):
        return [
            {"cases": []},
            "nonsense",
            {"projectId": 3, "cases": [{"caseId": 1, "caseKey": "a"}, {"caseKey": "unknown"}]},
        ]

def sisyphus_catalog_sources():
    return {"broken": lambda context: Broken(), "odd": lambda context: Odd()}
"""


def test_a_source_in_trouble_is_logged_and_stops_no_other(tmp_path, plugins, caplog):
    plugins.module("acme", SOURCES)
    options = {"plugins": ("acme",), "catalog_sources": ("broken", "odd")}
    with caplog.at_level(logging.INFO, "sisyphus.catalog"), Service(tmp_path, **options) as service:
        until(lambda: "caseKey unknown" in caplog.text)
        rows = service.front_data("/case/list", query={})["list"]
    assert [(row["case_id"], row["project_id"]) for row in rows] == [(1, 3), (4, 4)]
    for text in (
        "catalogue source 'broken' failed",
        "no such host",
        "'odd' told what case/sync refuses: projectId、cases 为必传参数",
        "'odd' told what case/sync refuses: 请求体必须为 JSON 对象",
        "'odd', project 3: 1 created, 0 updated, 0 disabled",
    ):
        assert text in caplog.text


class Hangs:
    def __init__(self):
        self.asked, self.go, self.over = (threading.Event() for _ in range(3))

    def pull(self):
        self.asked.set()
        assert self.go.wait(60)
        try:
            yield {"projectId": 3, "cases": [{"caseId": 1, "caseKey": "a"}]}
        finally:
            self.over.set()


def test_a_source_that_hangs_does_not_keep_the_service_from_ending():
    source, synced = Hangs(), []
    catalog = SimpleNamespace(sync=synced.append)
    catalog_poller = CatalogPoller({"hangs": source}, catalog, interval=3600, patience=0.01)
    catalog_poller.start()
    assert source.asked.wait(60)
    catalog_poller.close()
    source.go.set()
    assert source.over.wait(60)
    assert synced == []
