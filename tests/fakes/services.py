"""Fixtures for real services: by environment, or at their usual place on this machine.

Each test gets a schema or database of its own, so that runs beside each other do not meet. A
service that is not there skips its tests with the reason.
"""

import contextlib
import functools
import os
import secrets
import socket
from urllib.parse import urlsplit

import psycopg  # noqa: F401  before pytester's inner runs: it cannot be imported twice
import pymysql.connections
import pytest
import sqlalchemy as sa
import sqlalchemy.dialects.postgresql  # as psycopg
from sqlalchemy.pool import NullPool

DEFAULTS = {
    "postgresql": "postgresql+psycopg://postgres@127.0.0.1:5432/test",
    "mysql": "mysql+pymysql://root@127.0.0.1:3306/test",
    "redis": "redis://127.0.0.1:6379/0",
}

_with_certificates = pymysql.connections.Connection._create_ssl_ctx


@functools.cache
def _without_certificates():
    return _with_certificates(None, {})


#: each connection would read all certificates of this machine, and our server speaks no TLS: that
#: takes longer than most tests that ask it something.
pymysql.connections.Connection._create_ssl_ctx = lambda self, asked: (
    _with_certificates(self, asked) if asked else _without_certificates()
)


def service_url(name):
    """The service's URL; skips where it is not there."""
    variable = f"SISYPHUS_TEST_{name.upper()}_URL"
    url = os.environ.get(variable) or DEFAULTS[name]
    parts = urlsplit(url)
    port = parts.port or urlsplit(DEFAULTS[name]).port
    try:
        socket.create_connection((parts.hostname or "127.0.0.1", port), timeout=2).close()
    except OSError as error:
        pytest.skip(f"no {name} at {parts.hostname}:{port} ({error}); set {variable}")
    return url


def administer(url, statement):
    engine = sa.create_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(statement)
    engine.dispose()


@contextlib.contextmanager
def made_on(kind):
    """A schema (the connection's search path) or a database of our own on the server; its URL."""
    name = f"sisyphus_{secrets.token_hex(6)}"
    url = sa.make_url(service_url(kind))
    if kind == "postgresql":
        what, end = "SCHEMA", "CASCADE"
        made = url.update_query_dict({"options": f"-csearch_path={name}"})
    else:
        what, end = "DATABASE", ""
        made = url.set(database=name)
    administer(url, f"CREATE {what} {name}")
    try:
        yield made.render_as_string(hide_password=False)
    finally:
        administer(url, f"DROP {what} {name} {end}")


@pytest.fixture
def postgresql_url():
    with made_on("postgresql") as url:
        yield url


@pytest.fixture
def mysql_url():
    with made_on("mysql") as url:
        yield url


@pytest.fixture
def redis_url():
    return service_url("redis")


@pytest.fixture(params=["sqlite", "postgresql", "mysql"])
def database_url(request, tmp_path):
    """Each kind of database in turn."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/test.sqlite"
    return request.getfixturevalue(f"{request.param}_url")
