"""The page that `console_url` and `report_url` of an execution with legs lead to."""

import contextlib

import pytest
from service_kit import FakeRunner, Service, until
from shard_kit import Leg, in_legs

from orchestrator.runners.protocol import RunKey


class Sharded(FakeRunner):
    sharded = True


@contextlib.contextmanager
def running(tmp_path):
    with Service(tmp_path, runner=Sharded()) as service:
        service.number = in_legs(service, 4, 2)
        until(lambda: len(service.runner.jobs) == 2)
        until(lambda: {leg["status"] for leg in service.detail(service.number)["shards"]} == {2})
        yield service


@pytest.fixture
def service(tmp_path):
    with running(tmp_path) as one:
        yield one


def path_of(url):
    return "/files" + url.partition("/files")[2]


def page(service, language="zh-CN,zh;q=0.9"):
    row = service.detail(service.number)
    assert row["console_url"] == row["report_url"]
    answer = service.client.get(path_of(row["console_url"]), headers={"Accept-Language": language})
    assert answer.status_code == 200
    return answer


def test_it_shows_each_leg_with_its_state_counts_and_message(service):
    leg = Leg(service, service.number, "a").start(shardIndex=1, revision="<b>1f3</b>")
    row = leg.lease()[0]
    leg.run(row, status=3)
    service.runner.on_ended(service.runner.jobs[1].key, "killed <script>")
    answer = page(service)

    assert "第 1 台" in answer.text
    assert "执行中" in answer.text
    assert "失败 1" in answer.text
    assert "失联" in answer.text
    assert "killed &lt;script&gt;" in answer.text
    assert "&lt;b&gt;1f3&lt;/b&gt;" in answer.text
    assert answer.headers["Content-Type"].startswith("text/html")
    assert "sandbox" in answer.headers["Content-Security-Policy"]


def test_it_links_what_a_leg_has_and_only_addresses_of_the_web(service):
    Leg(service, service.number, "a").start(shardIndex=1, consoleUrl="https://ci/7/console")
    service.sql(
        "UPDATE execution_shard SET report_url = 'javascript:alert(1)' WHERE shard_index = 2"
    )
    text = page(service).text
    assert '<a href="https://ci/7/console"' in text
    assert "javascript" not in text


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("en-US,en;q=0.9", ["Machine 1", "lost, and replaced by another run"]),
        ("fr", ["第 1 台", "失联，由另一次运行接替"]),
    ],
)
def test_it_speaks_the_language_of_the_browser(service, asked, said):
    service.runner.on_ended(service.runner.jobs[1].key, "失联，由另一次运行接替")
    text = page(service, asked).text
    assert all(one in text for one in said)


def test_the_files_of_a_leg_are_its_own(service):
    artifacts = service.app.state.services.artifacts
    for leg in ("1", "2", "2-2"):
        key = RunKey(service.number, 1, leg)
        artifacts.prepare(key)
        artifacts.console(key).write_text(f"console of {leg}")
    base = path_of(service.detail(service.number)["console_url"])
    for leg in ("1", "2", "2-2"):
        assert service.client.get(f"{base}/{leg}/console").text == f"console of {leg}"
        assert service.client.get(f"{base}/{leg}/report").text == f"console of {leg}"
    for leg in ("3", "0", "..", "1-", "x", "1-1-1", "%2e%2e"):
        assert service.client.get(f"{base}/{leg}/console").status_code == 404


def test_without_legs_there_is_no_such_page(tmp_path):
    with Service(tmp_path) as service:
        service.run_plan(1)
        [[key]] = service.sql("SELECT file_key FROM execution")
        assert service.client.get(f"/files/{key}/legs").status_code == 404
        assert service.client.get(f"/files/{'0' * 32}/legs").status_code == 404


def test_the_console_of_the_whole_leads_to_it(service):
    query = {"executionId": service.number, "tail": 4096}
    said = service.front_data("/execution/console", query=query)
    assert (said["text"], said["url"]) == (None, service.detail(service.number)["console_url"])
