"""What all services of a test process share, because each would make the same again.

A test has a service of its own, whose making costs more than most tests do: the page's files are
read and compressed, installed plugins are looked for, SQL is compiled for one more engine.

And none of their SQLite databases waits for the disk: a power cut ends the tests as well, while a
disk that stands still for some seconds makes a service refuse what a test sends.
"""

import functools
import sys
from importlib.metadata import entry_points

import sqlalchemy
from sqlalchemy.util import LRUCache

import orchestrator.app
import orchestrator.db.engine
import orchestrator.plugins.manager
from orchestrator.page.serving import Page

_STATEMENTS = LRUCache(20_000)


def _create_engine(url, **options):
    """Knows the statements that other engines of its kind have compiled."""
    engine = sqlalchemy.create_engine(url, **options)
    kind = type(engine.dialect)  # a part of each statement's key
    kind.__hash__ = lambda self: hash(type(self))
    kind.__eq__ = lambda self, other: type(self) is type(other)
    engine._compiled_cache = _STATEMENTS
    return engine


@functools.cache
def installed(_path, group):
    """The entry points on this `sys.path`; to be cleared when a test installs more of them."""
    return entry_points(group=group)


def share():
    pragmas = orchestrator.db.engine._SQLITE_PRAGMAS
    orchestrator.db.engine._SQLITE_PRAGMAS = (*pragmas, "PRAGMA synchronous=OFF")
    orchestrator.app.Page = functools.cache(Page)
    orchestrator.db.engine.create_engine = _create_engine
    orchestrator.plugins.manager.entry_points = lambda group: installed(tuple(sys.path), group)
