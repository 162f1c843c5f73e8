"""Documents leave in the order of collection."""

from hypothesis import given
from hypothesis import strategies as st

from pytest_sisyphus.reporters.disk_buffer import DiskBuffer
from pytest_sisyphus.reporters.ordering import ReorderBuffer


def passed_on(arrivals, expected):
    order = ReorderBuffer()
    order.expect(expected)
    early = [document for one in arrivals for document in order.put(one, {"name": one})]
    late = list(order.rest())
    order.close()
    return early, late


@given(st.permutations("abcdef"), st.integers(0, 6))
def test_whatever_the_order_of_arrival(arrivals, count):
    came = arrivals[:count]

    early, late = passed_on(came, "abcdef")

    assert [one["name"] for one in (*early, *late)] == sorted(came)


def test_in_a_serial_run_nothing_waits():
    early, late = passed_on("abc", "abcdef")

    assert ([one["name"] for one in early], late) == (["a", "b", "c"], [])


def test_what_was_never_expected_passes_at_once():
    early, _ = passed_on("cxa", "abc")

    assert [one["name"] for one in early] == ["x", "a"]


def test_only_the_first_collection_counts():
    order = ReorderBuffer()
    order.expect("ab")
    order.expect("ba")

    assert list(order.put("b", {})) == []
    order.close()


def test_a_shelf_gives_back_what_it_was_given_as_often_as_wanted():
    buffer = DiskBuffer()
    documents = [{"text": "中\ud800\n\u2028"}, {"number": 10**300}]
    for document in documents:
        buffer.put(document)

    assert [list(buffer), list(buffer)] == [documents, documents]
    buffer.close()
