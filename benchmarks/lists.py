"""Lists of a large database: every filter, every pair of them, first and deep pages.

    python -m benchmarks lists [--database-url URL] [--executions 200000] [--times 40]

Fills the database with SQL (five case rows an execution), serves it, and asks for each list, in
turns with an execution that does not exist (what any request costs here). Totals are compared with
what SQL counts. The database of the URL must be empty.
"""

import argparse
import itertools
import statistics
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

import requests
import sqlalchemy as sa

from benchmarks.ingest import API, served
from orchestrator.db import schema
from orchestrator.db.engine import Database, opened

LARGE = 20_000
NUMBERS = {
    "sqlite": "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {})",
    "postgresql": "WITH n AS (SELECT generate_series(1, {}) AS i)",
}
EXECUTIONS = """
INSERT INTO execution (execution_no, trigger_type, project_id, plan_id, env_code, run_mode, status,
  total_count, pending_count, running_count, passed_count, failed_count, blocked_count,
  skipped_count, not_found_count, canceled_count, trigger_source, trigger_message, ext,
  created_time, updated_time, runner, start_fields, callback_token_hash, file_key)
{numbers} SELECT 'AE' || (10000000000000000 + i), 1 + (i / 3) % 2, 1 + i % 20, 1 + i % 100, 'st', 1,
  CASE WHEN i % 2000 = 0 THEN 2 ELSE 4 + i % 5 END, CASE WHEN i = 1 THEN {large} ELSE 5 END, 0, 0,
  CASE WHEN i = 1 THEN {large} / 2 ELSE 4 END, CASE WHEN i = 1 THEN {large} / 2 ELSE 1 END, 0, 0,
  0, 0, 'platform', '', '{{}}', '2025-09-20', '2025-09-20', '', '[]', 'h' || i, 'k' || i FROM n
"""
CASES = """
INSERT INTO execution_case (execution_id, case_id, case_key, case_title, run_order, status,
  pytest_nodeid, result_message, error_message, stack_trace, retry_count, ext, created_time,
  updated_time, marked)
{numbers} SELECT {execution}, {case}, 'case-' || {case}, 'a case', {case}, 2 + {case} % 2,
  'tests/test_a.yaml::case', '', '', '', 0, '{{}}', '2025-09-20', '2025-09-20', {false} FROM n
"""
VALUES = {"projectId": 6, "planId": 46, "status": 5, "triggerType": 1}
COLUMNS = {"projectId": "project_id", "planId": "plan_id", "triggerType": "trigger_type"}


def fill(url, executions):
    database = Database(url)
    schema.upgrade(database)
    kind = database.engine.dialect.name
    common = {"large": LARGE, "false": "0" if kind == "sqlite" else "false"}
    with database.migrating() as connection:  # as long as it takes
        for statement, number, values in (
            (EXECUTIONS, executions, {}),
            (CASES, LARGE, {"execution": "1", "case": "i"}),
            (CASES, (executions - 1) * 5, {"execution": "2 + (i - 1) / 5", "case": "1 + i % 5"}),
        ):
            numbers = NUMBERS[kind].format(number)
            connection.execute(sa.text(statement.format(numbers=numbers, **common, **values)))
    if kind == "postgresql":
        with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as one:
            one.exec_driver_sql("VACUUM ANALYZE execution, execution_case")
    database.close()


def questions(executions):
    """`name: (path, query, SQL of the total)`."""
    listed = "/execution/list"
    asked = {"an unknown execution": ("/execution/detail", {"executionId": 10**9}, "")}
    pairs = itertools.combinations(VALUES, 2)
    for names in [(), *((name,) for name in VALUES), *pairs]:
        query = {name: VALUES[name] for name in names}
        where = " AND ".join(f"{COLUMNS.get(n, n)} = {v}" for n, v in query.items()) or "1 = 1"
        total = f"SELECT count(*) FROM execution WHERE {where}"
        name = " + ".join(names) or "no filter"
        asked[name] = (listed, query, total)
        asked[f"{name}, deep"] = (listed, query | {"pageNo": None}, total)
    asked["detail"] = ("/execution/detail", {"executionId": executions // 2}, "")
    for status in (None, 3):
        query = {"executionId": 1} | ({} if status is None else {"status": status})
        where = "execution_id = 1" + ("" if status is None else f" AND status = {status}")
        total = f"SELECT count(*) FROM execution_case WHERE {where}"
        name = f"cases of an execution of {LARGE}" + (
            "" if status is None else f", status {status}"
        )
        asked[name] = ("/execution/case/list", query, total)
        asked[f"{name}, deep"] = ("/execution/case/list", query | {"pageNo": None}, total)
    return asked


def ask(session, base, path, query):
    began = time.perf_counter()
    answer = session.get(base + API + path, params=query, timeout=120).json()
    return (time.perf_counter() - began) * 1000, answer["data"]


def measured(base, asked, times, counted):
    session, took, wrong = requests.Session(), {name: [] for name in asked}, 0
    for path, query, total in asked.values():
        _, data = ask(session, base, path, {**query, "pageNo": 1})  # the first counts
        if total:
            wrong += data["total"] != counted(total)
        if "pageNo" in query:
            query["pageNo"] = max(1, data["total"] * 9 // 10 // 20)
    for _ in range(times):
        for name, (path, query, _) in asked.items():
            took[name].append(ask(session, base, path, query)[0])
    for name, those in took.items():
        those.sort()
        p99 = those[min(len(those) - 1, int(len(those) * 0.99))]
        print(f"  {name:44} p50 {statistics.median(those):7.1f}  p99 {p99:7.1f} ms", flush=True)
    print(f"  totals that are not what SQL counts: {wrong}")
    return wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--database-url", default="")
    parser.add_argument("--executions", type=int, default=200_000)
    parser.add_argument("--times", type=int, default=40)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        url = given.database_url or f"sqlite:///{folder}/service.sqlite3"
        fill(url, given.executions)
        command = (
            *("orchestrator", "serve", "--port", "0", "--auth", "none", "--runner", "external"),
            *("--database-url", url, "--project-root", str(folder)),
        )
        server = stack.enter_context(served(command, folder))
        database = stack.enter_context(opened(url))

        def counted(query):
            with database.engine.connect() as connection:
                return connection.exec_driver_sql(query).scalar()

        wrong = measured(server.base, questions(given.executions), given.times, counted)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
