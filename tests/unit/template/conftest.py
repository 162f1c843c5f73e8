"""A small case: its variables in layers, a seeded chance and a clock that stands still."""

import dataclasses
import random
from datetime import datetime
from decimal import Decimal

import pytest

from pytest_sisyphus.extensions.registry import Registry
from pytest_sisyphus.extensions.types import FunctionContext
from pytest_sisyphus.template.condition import parse_condition
from pytest_sisyphus.template.functions import builtin_functions
from pytest_sisyphus.template.scope import Layer, Scope
from pytest_sisyphus.template.template import Template

VARIABLES = {
    "n": 5,
    "zero": 0,
    "price": 9.5,
    "yes": True,
    "no": False,
    "nothing": None,
    "empty": "",
    "name": "张三",
    "text": "5",
    "env": "prod",
    "quote": 'it\'s "so"',
    "items": [1, 2, 3],
    "no_items": [],
    "user": {"name": "Ann", "tags": ["a", "b"], "items": "mine", "_id": 7, "address": {"zip": "1"}},
    "rows": [{"id": 1, "on": True}, {"id": 2, "on": False}],
    "keyed": {"1": "one", "a.b": "dotted", "true": "yes", "null": "nil", "1.50": "exact"},
    "timestamp": "a variable",
    "evil": "${n} {{7*7}} {% set a = 1 %}",
    "true_text": "true",
    "false_text": "false",
    "word": "hello",
    "inf": float("inf"),
    "decimal": Decimal("9.90"),
    "spelled": {
        "ten": "10",
        "nine": "9",
        "price": "10.50",
        "long": "0.123456789012345678",
        "huge": "1e400",
        "padded": " 007 ",
    },
}


class StillClock:
    def now(self):
        return datetime.fromisoformat("2026-01-31T12:30:15.250")

    def tick(self):
        return 0.0

    def sleep(self, seconds):
        raise AssertionError("rendering never sleeps")


@dataclasses.dataclass
class Account:
    """What a fixture may give: no plain value."""

    login: str = "ann"
    _password: str = "hunter2"

    def delete(self):
        raise AssertionError("no template may call this")


def tools(seed=1, **changes):
    environ = {"HOME_PAGE": "https://example.org", "EMPTY": ""}
    made = FunctionContext(random=random.Random(seed), clock=StillClock(), environ=environ)
    return dataclasses.replace(made, **changes)


def functions(**changes):
    return Registry("function", builtin_functions(tools(**changes)))


def make_scope(variables=None, *, builtins=None, layers=(), **changes):
    first = Layer(values=VARIABLES if variables is None else variables)
    config = {"profiles": {"prod": {"base_url": "https://p"}}, "active_profile": "prod"}
    there = {
        "config": config,
        "active_profile": "prod",
        "fixtures": {"account": Account()},
        **(builtins or {}),
    }
    return Scope(layers=[first, *layers], functions=lambda: functions(**changes), builtins=there)


@pytest.fixture
def scope():
    return make_scope()


@pytest.fixture
def render(scope):
    return lambda text: Template(text).render(scope)


@pytest.fixture
def holds(scope):
    return lambda text: parse_condition(text).evaluate(scope)


@pytest.fixture
def scope_of():
    return make_scope


@pytest.fixture
def functions_of():
    return functions
