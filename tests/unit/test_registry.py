"""The extensions of one kind, however their users wrote them."""

from dataclasses import dataclass, field

from pytest_sisyphus.extensions.registry import Registry
from pytest_sisyphus.steps.auth import AUTH_TYPES


@dataclass(frozen=True)
class Unhashable:
    name: str
    aliases: tuple[str, ...] = ()
    settings: dict = field(default_factory=dict)


def test_each_comes_once_however_many_names_it_has():
    first, second = Unhashable("first", ("one", "1st")), Unhashable("second")
    assert list(Registry("thing", [first, second])) == [first, second]


def test_the_kinds_of_authentication_can_be_listed():
    assert [kind.name for kind in Registry("auth type", AUTH_TYPES)] == [
        kind.name for kind in AUTH_TYPES
    ]
