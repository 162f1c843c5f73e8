"""What the runs of pytest within a test process share, because each would find the same again.

Hundreds of tests start pytest in their own process, on a case or two. What such a run says and does
stays as it is; most of its time went into what it has in common with all others.
"""

import functools
import importlib
import importlib.metadata
import sys

import pytest
from _pytest.config import default_plugins, essential_plugins


def share():
    for name in {*essential_plugins, *default_plugins}:
        module = importlib.import_module(f"_pytest.{name}")
        module.__dir__ = functools.partial(list, _hooks_and_fixtures(module))
    pytest.ExceptionInfo.getrepr = _getrepr
    for name in ("entry_points", "files", "metadata"):
        read_once = functools.cached_property(getattr(importlib.metadata.Distribution, name).fget)
        read_once.__set_name__(importlib.metadata.Distribution, name)
        setattr(importlib.metadata.Distribution, name, read_once)


def _hooks_and_fixtures(module):
    """What pytest looks for among all names of a plugin: they begin so, or are defined there."""
    return [
        name
        for name, value in vars(module).items()
        if name.startswith("pytest_")
        or (getattr(value, "__module__", None) == module.__name__ and not isinstance(value, type))
    ]


_full_repr = pytest.ExceptionInfo.getrepr


def _getrepr(self, *args, **options):
    """After an error while collecting, pytest reads its own sources to print this one line."""
    if isinstance(self.value, pytest.Session.Interrupted):
        options["style"] = "value"
    return _full_repr(self, *args, **options)


_distributions = importlib.metadata.distributions


@functools.cache
def _installed(_path):
    return list(_distributions())


def installed():
    """For `importlib.metadata.distributions`, while no test installs something."""
    return _installed(tuple(sys.path))
