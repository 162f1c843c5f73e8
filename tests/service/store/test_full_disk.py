"""A disk without room under the database: nothing is confirmed that is not stored, and all comes again."""

from service_kit import Service, counted, counters

from orchestrator.db import engine

#: more than what is free in the pages that the database has.
LONG = "x" * 200_000


def test_a_full_disk_refuses_for_now_and_loses_nothing(tmp_path, monkeypatch, caplog):
    with Service(tmp_path) as service:
        number = service.started(1, 2)
        service.result(number, 1, 2)
    full = (*engine._SQLITE_PRAGMAS, "PRAGMA max_page_count=1")
    result = {"executionId": number, "caseId": 2, "status": 3, "errorMessage": LONG}

    with monkeypatch.context() as limited:
        limited.setattr(engine, "_SQLITE_PRAGMAS", full)
        with Service(tmp_path) as service:
            refused = service.call("/execution/case/result", result)
            unready = service.client.get("/readyz")
            meanwhile = service.statuses(number)

    said = [one.getMessage() for one in caplog.records if one.name == "sisyphus.database"]
    # it can be read, and perhaps a small write still has room
    assert said[0].endswith(" cannot be written: database or disk is full")
    with Service(tmp_path) as service:
        service.told("/execution/case/result", result)
        statuses, detail = service.statuses(number), service.detail(number)
        ready = service.client.get("/readyz")

    assert (refused.status_code, refused.json()["data"]) == (503, None)
    assert int(refused.headers["Retry-After"]) > 0
    assert (unready.status_code, unready.text) == (503, "database not writable\n")
    assert (ready.status_code, ready.text) == (200, "ready\n")
    assert meanwhile == [2, 0]
    assert statuses == [2, 3]
    assert counters(detail) == counted(statuses)
