"""`record` is a dataclass, but for what costs a millisecond a class."""

import dataclasses

import pytest

from pytest_sisyphus.values.record import record


@record
class Point:
    x: int
    y: int = 0
    note: str = dataclasses.field(default="", compare=False, repr=False)


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Plain:
    x: int
    y: int = 0
    note: str = dataclasses.field(default="", compare=False, repr=False)


@record(kw_only=False, slots=False)
class Other:
    x: int

    def __repr__(self):
        return "its own"


@pytest.mark.parametrize("kind", [Point, Plain])
def test_as_a_dataclass(kind):
    one, same, other = kind(x=1), kind(x=1, note="hidden"), kind(x=1, y=2)

    assert one == same
    assert hash(one) == hash(same)
    assert one != other
    assert len({one, same, other}) == 2
    assert repr(same) == f"{kind.__name__}(x=1, y=0)"
    assert dataclasses.replace(one, y=2) == other
    assert dataclasses.astuple(one) == (1, 0, "")


def test_only_its_own_kind_is_the_same():
    assert Point(x=1) != Plain(x=1)
    assert Point(x=1) != (1, 0)


def test_what_a_class_has_of_its_own():
    assert repr(Other(1)) == "its own"
    assert Other(1) == Other(1)
    assert vars(Other(1)) == {"x": 1}


def test_by_name_unless_asked():
    with pytest.raises(TypeError, match="positional"):
        Point(1)
    assert not hasattr(Point(x=1), "__dict__")


def fresh(*, kw_only):
    @record(kw_only=kw_only)
    class Fresh:
        x: int
        many: list = dataclasses.field(default_factory=list)
        y: int = 0

    return Fresh


def test_what_is_made_a_few_times_has_nothing_compiled():
    kind = fresh(kw_only=True)
    general = kind.__init__

    made = [kind(x=number) for number in range(5)]
    assert kind.__init__ is general
    made += [kind(x=number) for number in range(5, 9)]

    assert kind.__init__ is not general
    assert made == [kind(x=number, many=[], y=0) for number in range(9)]
    assert len({id(one.many) for one in made}) == 9


@pytest.mark.parametrize("kw_only", [True, False])
@pytest.mark.parametrize(
    ("args", "values"), [((), {}), ((1,), {"x": 1}), ((), {"x": 1, "z": 2}), ((1, [], 3, 4), {})]
)
def test_wrong_arguments_are_told_the_first_time_as_ever(kw_only, args, values):
    kind = fresh(kw_only=kw_only)

    with pytest.raises(TypeError) as first:
        kind(*args, **values)
    with pytest.raises(TypeError) as later:
        kind(*args, **values)

    assert str(first.value) == str(later.value)
    assert str(first.value).startswith("Fresh.__init__() ")


def test_by_position_where_asked():
    kind = fresh(kw_only=False)

    assert kind(1, [2], y=3) == kind(1, [2], 3) == kind(x=1, many=[2], y=3)
