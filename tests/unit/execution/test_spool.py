"""The spool: what was written can be read, whatever happened to the file."""

import os
import stat

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
from pytest_sisyphus.values.numbers import Numeral

RUN = {"executionId": 13, "executionNo": "AE1", "runnerId": "run", "url": "http://platform"}


def opened(path):
    spool = Spool(path, RUN)
    spool.open()
    return spool


def body(number):
    return {
        "resultId": f"r{number}",
        "executionCaseId": number,
        "status": 2,
        "errorMessage": "断言失败\n第二行",
    }


def unsent(left):
    return tuple(one for one in left.results if one["resultId"] not in left.sent)


def begun(nodeid, number):
    return {**body(number), "resultId": f"d{number}", "status": 3, "pytestNodeid": nodeid}


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

    assert (left.execution_id, left.execution_no, left.runner_id) == (13, "AE1", "run")
    assert unsent(left) == (body(0), body(2))
    assert left.end == ("/finish", {"counts": {"2": 3}})
    assert left.damaged_lines == 0
    assert not left.is_incomplete


def test_its_name_is_there_only_with_its_first_line(path):
    """Who is killed while it is made leaves nothing that a replay would take for a damaged one."""
    seen = []

    class Watched(Spool):
        def _write(self, file, line):
            seen.append(path.exists())
            super()._write(file, line)

    spool = Watched(path, RUN)
    spool.open()
    left = read_spool(path)
    spool.close(keep=False)

    assert (seen, left.execution_id) == ([False], 13)
    assert list(path.parent.iterdir()) == []


def test_what_the_orchestrator_could_not_be_told_of_the_beginning(spool, path):
    spool.start({"startTime": "now"})
    assert read_spool(path).start == {"startTime": "now"}
    spool.started()
    assert read_spool(path).start is None


@pytest.mark.parametrize(
    ("events", "in_flight"),
    [
        (["begin a 1"], [1]),
        (["begin a 1", "result 1"], []),
        (["begin a 1", "result 1", "begin b 2"], [2]),
        (["begin a[1] 1", "over a[1]", "begin a[2] 1"], [1]),
        (["begin a[1] 1", "over a[1]"], []),
        (["begin a 1", "begin a 2"], [1, 2]),
        (["begin a 1", "begin a 2", "over a"], []),
        (["begin a 1", "begin b 1"], [1]),
        (["begin a 1", "begin b 2", "begin c 3", "result 2"], [1, 3]),
        (["begin a 1", "over a", "begin a 1"], [1]),
        (["begin a 1", "end"], []),
    ],
)
def test_the_tests_that_ran_when_their_pytest_ended(spool, path, events, in_flight):
    for event in events:
        match event.split():
            case "begin", nodeid, number:
                spool.begun(begun(nodeid, int(number)))
            case "over", nodeid:
                spool.over(nodeid)
            case "result", number:
                spool.result(body(int(number)))
            case _:
                spool.end("/finish", {})

    assert [one["executionCaseId"] for one in read_spool(path).in_flight] == in_flight


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077], ids=oct)
def test_nobody_else_may_read_what_failed_and_why(path, umask):
    before = os.umask(umask)
    try:
        spool = opened(path)
    finally:
        os.umask(before)
    modes = [stat.S_IMODE(one.stat().st_mode) for one in (path, path.parent, path.parent.parent)]
    spool.close(keep=True)

    assert modes == [0o600, 0o700, 0o700]


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

    assert unsent(left) == (body(1),)
    assert left.damaged_lines == 1


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
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

    assert all(one in (body(0), body(1), body(2)) for one in unsent(left))
    assert len(unsent(left)) + left.damaged_lines >= 2


UUID = "0a1b2c3d-0000-4000-8000-0123456789ab"


def test_a_damaged_first_line_costs_only_itself(path):
    path = path.with_name(f"13-{UUID}.jsonl")
    spool = opened(path)
    spool.result(body(1))
    spool.close(keep=True)
    path.write_bytes(b"x" + path.read_bytes())

    left = read_spool(path)

    assert (left.execution_id, left.runner_id, left.execution_no) == (13, UUID, "")
    assert unsent(left) == (body(1),)
    assert left.damaged_lines == 1


def record(**fields):
    return encode(fields).strip()


DAMAGED = {
    "deep": b"[" * 200_000,
    "deep in a record": b'{"crc": "00000000", "record": ' + b"[" * 200_000,
    "deep, but read": b'{"crc": "0", "record": ' + b"[" * 900 + b"]" * 900 + b"}",
    "a long number": b'{"crc": ' + b"9" * 10_000,
    "no text": b"\xff\xfe\x00",
    "null": b"null",
    "a list": b"[]",
    "no record": b'{"crc": "1"}',
    "a record that is none": b'{"crc": "d202ef8d", "record": []}',
    "a kind that is none": record(kind=["result"]),
    "no kind": record(body={}),
    "a result without its body": record(kind="result"),
    "a result whose body is none": record(kind="result", body=[1]),
    "a result of no case": record(kind="result", body={"resultId": "r", "status": 2}),
    "confirmed is what": record(kind="sent", ids=7),
    "confirmed are lists": record(kind="sent", ids=[["r"]]),
    "an end without a body": record(kind="end", path="/finish"),
    "a test without a name": record(kind="begun", body=body(1)),
    "an end of nothing": record(kind="over", nodeid=None),
    "a start of nothing": record(kind="start", body=3),
}


@pytest.mark.parametrize("line", DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_line_of_any_kind_costs_only_itself(spool, path, line):
    spool.result(body(1))
    spool.result(body(2))
    first, *rest = path.read_bytes().splitlines()
    path.write_bytes(b"\n".join([first, line, *rest]))

    left = read_spool(path)

    assert unsent(left) == (body(1), body(2))
    assert left.damaged_lines == 1


def test_what_a_later_version_writes_is_passed_over(spool, path):
    with path.open("ab") as file:
        file.write(record(kind="of a later version") + b"\n")

    assert read_spool(path).damaged_lines == 0


@pytest.mark.parametrize("content", [b"", b"\n\n", b"[" * 200_000], ids=["empty", "blank", "deep"])
def test_not_even_its_name_makes_a_file_without_a_line_a_spool(path, content):
    path.parent.mkdir(parents=True)
    path = path.with_name(f"13-{UUID}.jsonl")
    path.write_bytes(content)

    with pytest.raises(SpoolUnreadableError, match="not a spool"):
        read_spool(path)


def test_a_disk_that_was_full_at_the_beginning_is_tried_again(path):
    class Full(Spool):
        room = 20

        def _write(self, file, line):
            if self.room:
                file.write(line[: self.room])
                raise OSError(28, "No space left on device")
            super()._write(file, line)

    spool = Full(path, RUN)
    spool.open()
    assert not spool.result(body(1))
    assert "No space left" in spool.problem
    assert not path.exists()

    spool.room = 0
    assert spool.result(body(2))
    left = read_spool(path)
    spool.close(keep=True)

    assert unsent(left) == (body(2),)
    assert left.damaged_lines == 0


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

        def fileno(self):
            return whole.fileno()

    spool.begun(begun("t", 2))
    spool._file = Full()
    assert not spool.result(body(2))
    assert "No space left" in spool.problem
    spool._file = whole
    assert spool.result(body(3))

    left = read_spool(path)
    assert unsent(left) == (body(1), body(3))
    assert left.damaged_lines == 1
    assert left.is_incomplete
    assert left.in_flight == ()  # it ended, but the disk did not take its result


@pytest.mark.slow
@given(
    st.dictionaries(
        st.text(),
        st.one_of(st.none(), st.booleans(), st.integers(), st.text(), st.floats(allow_nan=False)),
    )
)
def test_every_record_survives(fields):
    record = {**fields, "kind": "any"}
    assert decode(encode(record)) == record
    assert encode(record).count(b"\n") == 1


def test_decimals_keep_their_digits_and_their_checksum():
    record = {"kind": "any", "price": Numeral("10.50"), "long": Numeral("0.123456789012345678")}

    line = encode(record)

    assert b'"price": 10.50' in line
    assert encode(decode(line)) == line
