"""The spool: what was written can be read, whatever happened to the file."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pytest_sisyphus.execution.spool import (
    Spool,
    SpoolUnreadableError,
    decode,
    encode,
    is_in_use,
    read_spool,
)

RUN = {"executionId": 13, "runnerId": "run", "url": "http://platform"}


def opened(path):
    spool = Spool(path, RUN)
    spool.open()
    return spool


def body(number):
    return {"resultId": f"r{number}", "status": 2, "errorMessage": "断言失败\n第二行"}


@pytest.fixture
def path(tmp_path):
    return tmp_path / ".sisyphus" / "spool" / "13-run.jsonl"


@pytest.fixture
def spool(path):
    spool = opened(path)
    yield spool
    spool.close(keep=True)


def test_what_was_written_can_be_read(spool, path):
    for number in range(3):
        assert spool.result(body(number))
    spool.sent(["r1"])
    spool.end("/finish", {"counts": {"2": 3}})

    left = read_spool(path)

    assert (left.execution_id, left.runner_id, left.url) == (13, "run", "http://platform")
    assert left.unsent == (body(0), body(2))
    assert left.end == ("/finish", {"counts": {"2": 3}})
    assert left.damaged_lines == 0


def test_its_name_is_there_only_with_its_first_line(path):
    """Who is killed while it is made leaves nothing that a replay would take for a damaged one."""
    seen = []

    class Watched(Spool):
        def _append(self, record, *, sync):
            seen.append(path.exists())
            return super()._append(record, sync=sync)

    spool = Watched(path, RUN)
    spool.open()
    left = read_spool(path)
    spool.close(keep=False)

    assert (seen, left.execution_id) == ([False], 13)
    assert list(path.parent.iterdir()) == []


def test_a_delivered_spool_is_removed(spool, path):
    spool.result(body(1))
    spool.close(keep=False)

    assert not path.exists()


def test_the_folder_stays_out_of_version_control(spool, path):
    assert (path.parent.parent / ".gitignore").read_text() == "*\n"


def test_a_spool_knows_whether_a_session_still_writes_it(spool, path):
    assert is_in_use(path)
    spool.close(keep=True)
    assert not is_in_use(path)


def test_a_truncated_line_costs_only_itself(spool, path):
    spool.result(body(1))
    spool.result(body(2))
    spool.close(keep=True)
    path.write_bytes(path.read_bytes()[:-10])

    left = read_spool(path)

    assert left.unsent == (body(1),)
    assert left.damaged_lines == 1


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_flipped_byte_never_becomes_a_result(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("spool") / "s.jsonl"
    spool = opened(path)
    for number in range(3):
        spool.result(body(number))
    spool.close(keep=True)
    content = bytearray(path.read_bytes())
    first_line = content.index(b"\n") + 1
    place = data.draw(st.integers(first_line, len(content) - 1))
    content[place] ^= 1 << data.draw(st.integers(0, 7))
    path.write_bytes(content)

    left = read_spool(path)

    assert all(one in (body(0), body(1), body(2)) for one in left.unsent)
    assert len(left.unsent) + left.damaged_lines >= 2


def test_a_file_that_is_no_spool_is_said_so(path):
    path.parent.mkdir(parents=True)
    path.write_text("hello\n")

    with pytest.raises(SpoolUnreadableError, match="not a spool"):
        read_spool(path)


def test_a_folder_that_cannot_be_written_is_a_problem_not_an_error(tmp_path):
    (tmp_path / "file").write_text("")
    spool = opened(tmp_path / "file" / "spool" / "x.jsonl")

    assert not spool.result(body(1))
    assert "Not a directory" in spool.problem
    spool.close(keep=True)


def test_a_record_after_a_failed_write_is_readable_again(spool, path):
    spool.result(body(1))
    whole = spool._file

    class Full:
        def write(self, data):
            whole.write(bytes(data)[:7])
            raise OSError(28, "No space left on device")

    spool._file = Full()
    assert not spool.result(body(2))
    assert "No space left" in spool.problem
    spool._file = whole
    assert spool.result(body(3))

    left = read_spool(path)
    assert left.unsent == (body(1), body(3))
    assert left.damaged_lines == 1


@given(
    st.dictionaries(
        st.text(),
        st.one_of(st.none(), st.booleans(), st.integers(), st.text(), st.floats(allow_nan=False)),
    )
)
def test_every_record_survives(fields):
    record = {**fields, "kind": "result"}
    assert decode(encode(record)) == record
    assert encode(record).count(b"\n") == 1
