"""`db prune` beside a service at work: what runs is left alone, and nobody meets an error."""

import threading

import pytest
from service_kit import FakeClock, Service, counted, counters

from orchestrator.db.engine import opened
from orchestrator.executions.retention import prune
from orchestrator.runners.artifacts import Artifacts

CASES = (1, 2, 3)
#: a short run; its last result may come when its execution is removed already.
CALLS = (
    ("start", {}),
    *(("case/result", {"caseId": case, "status": 2}) for case in CASES),
    ("finish", {}),
    ("case/result", {"caseId": 1, "status": 3, "retryCount": 1}),
)


def pruning(database_url, folder, ends):
    clock, artifacts = FakeClock(), Artifacts(folder)
    clock.forward(24 * 3600)
    with opened(database_url) as database:
        while not ends.is_set():
            prune(database, artifacts, clock, older_than=0, keep=0, say=lambda _: None)


def running(service, env, refused):
    for n in range(8):
        ask = {"planId": 2001, "envCode": f"{env}-{n}"}
        number = service.front_data("/plan/run", ask)["id"]
        for path, fields in CALLS:
            answer = service.call(f"/execution/{path}", {"executionId": number, **fields})
            is_gone = "retryCount" in fields and answer.json()["code"] == 40011
            if answer.status_code != 200 and not is_gone:
                refused.append((path, answer.text))


@pytest.mark.every_database
def test_what_runs_is_left_alone_while_old_executions_go(tmp_path, database_url):
    ends, refused = threading.Event(), []
    with Service(tmp_path, database_url=database_url) as service:
        stays = service.started(*CASES)
        threads = [threading.Thread(target=running, args=(service, env, refused)) for env in "abc"]
        pruner = threading.Thread(target=pruning, args=(database_url, tmp_path / "files", ends))
        pruner.start()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        ends.set()
        pruner.join()

        assert refused == []
        assert service.statuses(stays) == [0, 0, 0]
        assert counters(service.detail(stays)) == counted([0, 0, 0])
        removed = 3 * 8 + 1 - service.sql("SELECT count(*) FROM execution")[0][0]
        assert removed > 0
        orphans = "SELECT count(*) FROM execution_case WHERE execution_id NOT IN "
        assert service.sql(f"{orphans}(SELECT id FROM execution)") == [(0,)]
