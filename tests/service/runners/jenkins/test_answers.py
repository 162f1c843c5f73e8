"""Each answer of Jenkins and the state it leads to: the rows of the table in docs/en/jenkins.md."""

import socket

import pytest
from jenkins_kit import documented_answers, on_jenkins
from jenkins_server import LOGIN_PAGE

TRIGGER, ITEM, QUEUE, CRUMB = "buildWithParameters", "/queue/item/", "/queue/api", "crumbIssuer"
ALWAYS = 1000
ROWS = documented_answers()
SCENES = {}


def scene(name):
    def register(function):
        SCENES[name] = function
        return function

    return register


def triggering(name, *, crumbs=False, posts=1, says="", path=TRIGGER, **fault):
    """A trigger under this fault; how often it is posted, and what the platform reads."""

    @scene(f"trigger: {name}")
    def run(tmp_path):
        with on_jenkins(tmp_path, options={"crumbs": crumbs}) as kit:
            if fault:
                kit.server.fault(path, **fault)
            answer = kit.run()
            row = answer["data"]
            assert len(kit.server.triggers) == posts
            assert answer["code"] == (50002 if row["status"] == 7 else 20000)
            assert says in row["trigger_message"]
            assert len(kit.server.items) == (row["status"] == 2)
            if row["status"] == 2:
                assert row["jenkins_job_name"] == "pytest-auto-runner"
                assert row["jenkins_queue_id"] == 321
                assert row["trigger_message"] == f"{kit.server.url}queue/item/321/"
            else:
                assert kit.service.statuses(row["id"]) == [7]
            return row["status"]


triggering("takes it and names the queue item")
triggering("HTTP 400", status=400, says="HTTP 400")
triggering("HTTP 401", status=401, says="用户名或令牌错误")
triggering("HTTP 403", status=403, says="缺少权限")
triggering("HTTP 409, the job is disabled", status=409, says="已被禁用")
triggering("HTTP 500, and it was queued", status=500, processed=True)
triggering("HTTP 500, and it was not queued", status=500, posts=2)
triggering("HTTP 500, always", status=500, posts=2, times=ALWAYS, says="HTTP 500")
triggering("HTTP 503 for a moment", status=503, posts=2)
triggering("HTTP 503, always", path="/", status=503, times=ALWAYS, says="HTTP 503", posts=0)
triggering("no answer in time, and it was queued", slow=2.0, processed=True)
triggering("cuts the connection, and it was queued", reset=True, processed=True)
triggering("cuts the connection, and it was not queued", reset=True, posts=2)
triggering("half an answer, and it was queued", status=201, half=True, processed=True)
triggering("a login page", status=200, body=LOGIN_PAGE, says="登录页")
triggering(
    "a login page instead of a crumb",
    path=CRUMB,
    status=200,
    body=LOGIN_PAGE,
    posts=0,
    says="登录页",
)


@scene("trigger: JSON that holds no crumb")
def no_crumb(tmp_path):
    """The bad answer is forgotten: the next trigger asks for a crumb again."""
    with on_jenkins(tmp_path, options={"crumbs": True}) as kit:
        answers = ['{"data": 1}', "[]", "[1]", '"crumb"', "null", "7", "{}"]
        answers += ['{"crumb": 5, "crumbRequestField": "Jenkins-Crumb"}']
        answers += ['{"crumb": "a\\nb", "crumbRequestField": "Jenkins-Crumb"}']
        for body in answers:
            kit.server.fault(CRUMB, status=200, body=body)
            answer = kit.run()
            row = answer["data"]
            assert (body, answer["code"], row["status"]) == (body, 50002, 7)
            assert "登录页" in row["trigger_message"]
            assert kit.service.statuses(row["id"]) == [7]
            assert kit.server.triggers == []
        after = kit.run()["data"]
        assert after["status"] == 2
        return row["status"]


@scene("trigger: HTTP 404, no such job")
def no_such_job(tmp_path):
    with on_jenkins(tmp_path) as kit:
        row = kit.run(jenkinsJobName="team/no-such-job")["data"]
        assert "team/no-such-job" in row["trigger_message"]
        assert "不存在" in row["trigger_message"]
        return row["status"]


@scene("trigger: takes it and names nothing")
def names_nothing(tmp_path):
    with on_jenkins(tmp_path) as kit:
        kit.server.fault(TRIGGER, status=201, body="", processed=True)
        row = kit.run()["data"]
        assert row["jenkins_queue_id"] is None
        polled = kit.poll(row["id"])
        assert (polled["status"], polled["jenkins_queue_id"]) == (2, 321)
        assert polled["trigger_message"] == f"{kit.server.url}queue/item/321/"
        return row["status"]


@scene("trigger: merges it with the same build that waits already")
def merged(tmp_path):
    with on_jenkins(tmp_path) as kit:
        kit.server.fault(TRIGGER, status=500, processed=True)
        kit.server.fault(QUEUE, status=200, body="{}", content_type="application/json")
        row = kit.run()["data"]
        assert len(kit.server.triggers) == 2
        assert list(kit.server.items) == [row["jenkins_queue_id"]]
        return row["status"]


@scene("trigger: HTTP 403 for an outdated crumb")
def outdated_crumb(tmp_path):
    with on_jenkins(tmp_path, options={"crumbs": True}) as kit:
        assert kit.run(1)["data"]["status"] == 2
        kit.server.crumb = "after-the-restart"
        kit.service.catalog(2)
        row = kit.service.front_data("/case/run", {"caseId": 2, "envCode": "st"})
        assert len(kit.server.items) == 2
        return row["status"]


@scene("trigger: cannot be reached")
def unreachable(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with on_jenkins(tmp_path, url=f"http://127.0.0.1:{port}/") as kit:
        answer = kit.run()
        assert answer["code"] == 50002
        assert "无法连接 Jenkins" in answer["data"]["trigger_message"]
        return answer["data"]["status"]


def waiting(name, prepare=lambda kit, item: None, *, seconds=0.0, number=None):
    """What a look at an execution in 2 leads to."""

    @scene(f"queued: {name}")
    def run(tmp_path):
        with on_jenkins(tmp_path) as kit:
            execution, item = kit.queued(1)
            prepare(kit, item)
            row = kit.poll(execution)
            if seconds:
                assert row["status"] == 2
                kit.monotonic.now += seconds
                kit.service.clock.forward(seconds)
                row = kit.poll(execution)
            assert row["jenkins_build_number"] == number
            return row["status"]


def becomes_a_build_and_is_forgotten(kit, item):
    kit.server.start(item)
    kit.server.forget(item)


def leaves_without_a_build(kit, item):
    item.why = None


def is_anothers(kit, item):
    kit.server.start(item)
    item.parameters = item.parameters | {"EXECUTION_ID": "999"}


def answers(**fault):
    return lambda kit, item: kit.server.fault("/", times=ALWAYS, **fault)


def ends(result):
    return lambda kit, item: kit.server.finish(kit.server.start(item), result)


waiting("the item waits")
waiting("the item became a build", lambda kit, item: kit.server.start(item), number=108)
waiting("the item was cancelled", lambda kit, item: kit.server.cancel_item(item))
waiting("the item left the queue without a build", leaves_without_a_build)
waiting("HTTP 404 for the item, the build is there", becomes_a_build_and_is_forgotten, number=108)
waiting("HTTP 404 for the item, nothing is there", lambda kit, item: kit.server.forget(item))
waiting(
    "HTTP 404 for the item, nothing is there for 90 s",
    lambda kit, item: kit.server.forget(item),
    seconds=90,
)
waiting("the item leads to another execution's build", is_anothers)
waiting("HTTP 401", answers(status=401))
waiting("HTTP 403", answers(status=403))
waiting("HTTP 500", answers(status=500))
waiting("HTTP 503, it restarts", answers(status=503))
waiting("HTTP 503 for more than an hour", answers(status=503), seconds=3601)
waiting("a login page", answers(status=200, body=LOGIN_PAGE))
waiting("half an answer", answers(status=200, body="{}" * 9, half=True))
waiting("no answer in time", answers(slow=1.0))
for result in ("SUCCESS", "UNSTABLE", "FAILURE", "NOT_BUILT", "ABORTED"):
    waiting(f"the build ended: {result}", ends(result), number=108)


def running(name, prepare=lambda kit, build: None, *, results=(), seconds=0.0):
    """What a look at an execution in 3 leads to; `results` are of its two cases."""

    @scene(f"running: {name}")
    def run(tmp_path):
        with on_jenkins(tmp_path) as kit:
            execution, build = kit.started(1, 2)
            for case, status in enumerate(results, start=1):
                kit.service.result(execution, case, status)
            prepare(kit, build)
            row = kit.poll(execution)
            if seconds:
                assert row["status"] == 3
                kit.monotonic.now += seconds
                row = kit.poll(execution)
            return row["status"]


def ended(result):
    return lambda kit, build: kit.server.finish(build, result)


def gone(kit, build):
    kit.server.builds.clear()
    kit.server.items.clear()


running("the build runs")
running(
    "the build has its result, but has not ended",
    lambda kit, build: setattr(build, "result", "FAILURE"),
)
running("the build ended, results are missing", ended("FAILURE"), results=[2])
running("the build ended, every case passed", ended("FAILURE"), results=[2, 5])
running("the build ended, every case has a result, one failed", ended("SUCCESS"), results=[2, 3])
running("the build ended: ABORTED", ended("ABORTED"), results=[2])
running("HTTP 404 for the build", gone)
running("HTTP 404 for the build for 90 s", gone, seconds=90)
running("HTTP 503, it restarts", answers(status=503))


def test_the_manual_and_the_tests_name_the_same_answers():
    assert sorted(SCENES) == sorted(name for name, _ in ROWS)


@pytest.mark.parametrize(("name", "status"), ROWS, ids=[name for name, _ in ROWS])
def test_an_answer_leads_to_its_documented_state(tmp_path, name, status):
    assert SCENES[name](tmp_path) == status
