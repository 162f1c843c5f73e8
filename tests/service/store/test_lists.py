"""Lists: their pages and totals are those of the rows, and no query reads what it does not show."""

import contextlib
import datetime as dt
import itertools
import random
import re
from types import SimpleNamespace

import pytest
from service_kit import sqlite_url, until
from services import made_on
from sqlalchemy import text
from sqlmodel import Session
from statement_kit import recorded

from orchestrator.db import schema
from orchestrator.db.engine import Database, opened
from orchestrator.db.models import Execution
from orchestrator.store import cases, pruning
from orchestrator.store.execution_pages import Ranks

NOW = dt.datetime(2025, 9, 20, tzinfo=dt.UTC)
VALUES = {"project_id": (3, 4), "plan_id": (30, 40), "status": (5, 3), "trigger_type": (1, 2)}
#: `Ranks`' own.
MARGIN = 500
FILTERS = [
    {},
    *({name: values[0]} for name, values in VALUES.items()),
    *({a: VALUES[a][0], b: VALUES[b][0]} for a, b in itertools.combinations(VALUES, 2)),
]
NAMES = [" and ".join(filters) or "no filter" for filters in FILTERS]


@pytest.fixture
def database(database_url):
    database = Database(database_url)
    yield database
    database.close()


def page(number, size=3):
    return SimpleNamespace(page_no=number, page_size=size)


def execution(number, *, status, **fields):
    return Execution(
        execution_no=f"AE{number}",
        env_code="st",
        run_mode=1,
        status=status,
        created_time=NOW,
        updated_time=NOW,
        callback_token_hash="h",
        file_key=f"k{number}",
        **{"trigger_type": 1, "project_id": 3, "plan_id": 30} | fields,
    )


class World:
    """A database in which things happen, and the lists of it as plain Python knows them."""

    def __init__(self, session, rng):
        self.session = session
        self.rng = rng
        self.rows = {}
        self.number = 0

    def add(self, count):
        for _ in range(count):
            self.number += 1
            fields = {name: self.rng.choice(values) for name, values in VALUES.items()}
            fields["status"] = self.rng.choice((0, 2, 3, 4, 5, 5, 5, 6))
            row = execution(self.number, **fields)
            self.session.add(row)
            self.session.flush()
            self.rows[row.id] = fields

    def end_some(self):
        for number, fields in self.rows.items():
            if fields["status"] < 4 and self.rng.random() < 0.5:
                fields["status"] = self.rng.choice((4, 5))
                self.session.get(Execution, number).status = fields["status"]
        self.session.flush()

    def remove_some(self):
        ended = [number for number, fields in self.rows.items() if fields["status"] > 3]
        gone = self.rng.sample(ended, min(5, len(ended)))
        pruning.remove(self.session, gone, NOW)
        for number in gone:
            del self.rows[number]

    def listed(self, filters):
        found = [n for n, fields in self.rows.items() if filters.items() <= fields.items()]
        return sorted(found, reverse=True)


@pytest.mark.every_database
def test_pages_and_totals_are_those_of_the_rows_whatever_happened_between(database):
    """With places remembered every fourth row, so that little data walks through all of it."""
    rng, ranks = random.Random(7), Ranks(few=5, step=4, margin=2)
    with Session(database.engine) as session:
        world = World(session, rng)
        for happens in ["add", "add", "end", "remove", "add", "end", "add", "remove", "end"]:
            {"end": world.end_some, "remove": world.remove_some}.get(happens, lambda: None)()
            world.add(rng.choice((0, 1, 30)) if happens != "add" else 25)
            for filters in FILTERS:
                expected = world.listed(filters)
                for number in range(1, len(expected) // 3 + 3):
                    rows, total = ranks.page(session, filters, page(number))
                    wanted = expected[(number - 1) * 3 : number * 3]
                    assert ([row.id for row in rows], total) == (wanted, len(expected)), filters
        session.rollback()


FILLED = {
    "sqlite": "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count})",
    "postgresql": "WITH n AS (SELECT generate_series(1, {count}) AS i)",
}
#: what a filter takes in and what another does hardly meet: the worst case of two indexes.
EXECUTIONS = """
INSERT INTO execution (execution_no, trigger_type, project_id, plan_id, env_code, run_mode, status,
  total_count, pending_count, running_count, passed_count, failed_count, blocked_count,
  skipped_count, not_found_count, canceled_count, trigger_source, trigger_message, ext,
  created_time, updated_time, runner, start_fields, callback_token_hash, file_key)
{numbers}
SELECT 'AE' || i, 1 + (i / 4) % 2, 3 + i % 2, 30 + 10 * (i % 2), 'st', 1, 5 - (i % 2), 0, 0, 0, 0,
  0, 0, 0, 0, 0, 'platform', '', '{{}}', '2025-09-20', '2025-09-20', '', '[]', 'h' || i, 'k' || i
FROM n
"""
CASES = """
INSERT INTO execution_case (execution_id, case_id, case_key, case_title, run_order, status,
  retry_count, ext, created_time, updated_time, marked)
{numbers}
SELECT 1, i, 'k' || i, 't', i, 2 + i % 2, 0, '{{}}', '2025-09-20', '2025-09-20', {false} FROM n
"""


on_both = pytest.mark.parametrize("kind", sorted(FILLED))


MOSTLY_VISIBLE = """
    SELECT bool_and(relallvisible >= relpages * 0.9) FROM pg_class
    WHERE oid IN ('execution'::regclass, 'execution_case'::regclass)
"""


@pytest.fixture(scope="module")
def large_databases(tmp_path_factory):
    """`large(kind)`: 20 000 executions, the first of them with 10 000 cases; made once."""
    made = {}
    with contextlib.ExitStack() as stack:

        def large(kind):
            if kind not in made:
                folder = tmp_path_factory.mktemp("lists")
                sqlite = kind == "sqlite"
                url = sqlite_url(folder) if sqlite else stack.enter_context(made_on(kind))
                made[kind] = stack.enter_context(opened(url))
                schema.upgrade(made[kind])
                fill(made[kind])
            return made[kind]

        yield large


def fill(database):
    kind = database.engine.dialect.name
    false = "0" if kind == "sqlite" else "false"
    counters = "total_count = 10000, passed_count = 5000, failed_count = 5000"
    with database.writing() as connection:
        for statement, count in ((EXECUTIONS, 20_000), (CASES, 10_000)):
            numbers = FILLED[kind].format(count=count)
            connection.execute(text(statement.format(numbers=numbers, false=false)))
        connection.exec_driver_sql(f"UPDATE execution SET {counters} WHERE id = 1")
    if kind == "postgresql":
        with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as one:
            until(lambda: is_vacuumed(one), seconds=60)


def is_vacuumed(connection):
    """What is not known to be visible to all makes an index dearer; a transaction that another
    test has open in the same database, whatever its schema, puts that off."""
    connection.exec_driver_sql("VACUUM ANALYZE execution, execution_case")
    return connection.exec_driver_sql(MOSTLY_VISIBLE).scalar()


def plans(database, statements):
    """How the database carries out each of the statements."""
    explain, column = "EXPLAIN ANALYZE", 0
    if database.engine.dialect.name == "sqlite":
        explain, column = "EXPLAIN QUERY PLAN", 3
    with database.engine.connect() as connection:
        for asked, values in statements:
            rows = connection.exec_driver_sql(f"{explain} {asked}", values)
            yield asked, "\n".join(row[column] for row in rows)


def wasteful(plan):
    """Rows that are read to be dropped, whole tables, sorting: the words of both databases.

    Of the few that are newer than what was counted PostgreSQL may rather read all.
    """
    signs = ("SCAN execution\n", "SCAN execution_case\n", "TEMP B-TREE", "Seq Scan on execution")
    found = [sign for sign in (*signs, "Sort Key") if sign in plan + "\n"]
    dropped = sum(map(int, re.findall(r"Rows Removed by Filter: (\d+)", plan)))
    return found + ([f"{dropped} rows dropped"] if dropped >= MARGIN else [])


@on_both
@pytest.mark.parametrize("filters", FILTERS, ids=NAMES)
@pytest.mark.parametrize("number", [1, 900])
def test_a_list_reads_one_range_of_one_index(large_databases, kind, filters, number):
    database = large_databases(kind)
    ranks = Ranks()
    with database.reading() as session:
        ranks.page(session, filters, page(number))  # counts it
        with recorded(database) as statements:
            ranks.page(session, filters, page(number))

    found = list(plans(database, statements))

    assert len(found) <= 4
    for asked, plan in found:
        newest_first = not filters and "SCAN execution\n" in plan + "\n"  # by its primary key
        assert newest_first or wasteful(plan) == [], f"{asked}\n{plan}"


@on_both
@pytest.mark.parametrize("number", [1, 250, 500])
@pytest.mark.parametrize("status", [None, 2])
def test_a_list_of_cases_reads_one_range_of_one_index(large_databases, kind, status, number):
    database, wanted = large_databases(kind), None if status is None else [status]
    with database.reading() as session, recorded(database) as statements:
        rows, total = cases.listed(session, 1, wanted, page(number, 10))

    every = 1 if status is None else 2
    first = (number - 1) * 10 * every + every
    assert [row.run_order for row in rows] == list(range(first, first + 10 * every, every))
    assert total == 10_000 // every
    for asked, plan in plans(database, statements):
        assert wasteful(plan) == [], f"{asked}\n{plan}"


@on_both
def test_orders_with_gaps_are_paged_by_their_place(large_databases, kind):
    """As nobody makes them: but a page must not trust in what another program wrote."""
    with Session(large_databases(kind).engine) as session:
        session.execute(text("UPDATE execution_case SET run_order = run_order * 3"))
        found = [cases.listed(session, 1, None, page(n, 500))[0] for n in range(1, 22)]
        session.rollback()
    orders = [row.run_order for rows in found for row in rows]
    assert orders == list(range(3, 30_003, 3))
