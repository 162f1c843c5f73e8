"""`json` and `json-compact` on hand-made documents."""

import json

import pytest
from report_documents import (
    CASES,
    DISABLED,
    FAILED,
    FIXTURE_FAILED,
    LOOPED,
    ODD,
    PASSED,
    TEARDOWN_FAILED,
    case,
    run_info,
    write,
)

from pytest_sisyphus.documents.build import without_meta
from pytest_sisyphus.reporters.json_file import JsonFile, JsonFolder, compact, file_name


def written(tmp_path, documents, run=None, **options):
    path = tmp_path / "report.json"
    write(JsonFile(path, **options), documents, run or run_info(len(documents)))
    return json.loads(path.read_text(encoding="utf-8"), parse_constant=pytest.fail)


def keys(value):
    if isinstance(value, dict):
        yield from value
        for item in value.values():
            yield from keys(item)
    elif isinstance(value, list):
        for item in value:
            yield from keys(item)


def test_one_case_is_one_document(tmp_path):
    assert written(tmp_path, [FAILED]) == without_meta(FAILED)


def test_several_cases_are_a_list(tmp_path):
    assert written(tmp_path, CASES) == [without_meta(document) for document in CASES]


def test_no_case_is_an_empty_list(tmp_path):
    assert written(tmp_path, []) == []


def test_the_only_case_that_ran_of_several_is_a_list_still(tmp_path):
    assert written(tmp_path, [PASSED], run_info(cases=5)) == [without_meta(PASSED)]


def test_nothing_but_the_protocols_own_keys_is_written(tmp_path):
    assert "meta" not in set(keys(written(tmp_path, CASES)))


def test_every_step_has_its_own_line(tmp_path):
    write(JsonFile(tmp_path / "r.json"), [LOOPED])

    lines = (tmp_path / "r.json").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line.rstrip(","))["name"] for line in lines if '"retry_count"' in line] == [
        "each",
        "read [1]",
        "read [2]",
    ]


class TestCompact:
    def test_all_cases_make_one_flat_list_of_steps(self, tmp_path):
        entries = written(tmp_path, [PASSED, LOOPED], entries=compact)

        assert [entry["step"] for entry in entries] == [
            "ask",
            "each",
            "read [1]",
            "read [2]",
        ]

    @pytest.mark.parametrize(
        ("documents", "collected", "named"),
        [
            ([PASSED], 1, [None]),
            ([PASSED], 2, ["order"]),
            ([PASSED, DISABLED], 2, ["order", "off"]),
            ([DISABLED], 1, [None]),
        ],
        ids=["the only case", "the only one that ran", "several", "the only one, without steps"],
    )
    def test_entries_name_their_case_where_there_are_several(
        self, tmp_path, documents, collected, named
    ):
        entries = written(tmp_path, documents, run_info(collected), entries=compact)

        assert [entry.get("case") for entry in entries] == named
        assert {"step", "response"} <= set.intersection(*map(set, entries))

    def test_in_a_folder_the_file_is_the_case(self, tmp_path):
        write(JsonFolder(tmp_path, compact), [PASSED, DISABLED])

        entries = [one for path in tmp_path.iterdir() for one in json.loads(path.read_text())]
        assert [entry.get("case") for entry in entries] == [None, None]

    def test_a_step_that_succeeded_has_the_seeds_two_keys(self, tmp_path):
        (entry,) = written(tmp_path, [PASSED], entries=compact)

        assert entry == {
            "step": "ask",
            "response": {
                "status_code": 200,
                "headers": {"Content-Type": "application/json"},
                "body": {"code": 0},
                "response_time": 12.5,
                "size": 10,
            },
        }

    def test_other_steps_say_status_and_error_besides(self, tmp_path):
        _, failed, skipped = written(tmp_path, [FAILED], entries=compact)

        assert (failed["status"], failed["error"]) == ("failed", "Expected 0, but got 1001")
        assert (skipped["status"], skipped["error"], skipped["response"]) == ("skipped", None, None)

    @pytest.mark.parametrize(
        ("document", "last"),
        [
            (DISABLED, ("off", "skipped", None)),
            (FIXTURE_FAILED, ("torn", "error", "OSError: no database")),
            (TEARDOWN_FAILED, ("left over", "error", "OSError: still open")),
        ],
    )
    def test_a_case_whose_steps_do_not_tell_its_end_has_an_entry_of_its_own(
        self, tmp_path, document, last
    ):
        entry = written(tmp_path, [document], entries=compact)[-1]

        assert (entry["step"], entry["status"], entry["error"]) == last

    def test_a_run_without_steps_is_an_empty_list(self, tmp_path):
        assert written(tmp_path, [], entries=compact) == []


class TestFolder:
    def test_each_case_is_a_file_as_soon_as_it_is_over(self, tmp_path):
        reporter = JsonFolder(tmp_path / "out")
        reporter.open()
        reporter.add(FAILED)

        (path,) = (tmp_path / "out").iterdir()
        assert json.loads(path.read_text(encoding="utf-8")) == without_meta(FAILED)

    def test_other_files_stay(self, tmp_path):
        (tmp_path / "mine.txt").write_text("mine")

        write(JsonFolder(tmp_path), CASES)

        assert (tmp_path / "mine.txt").read_text() == "mine"
        assert len(list(tmp_path.iterdir())) == len(CASES) + 1

    @pytest.mark.parametrize(
        "nodeid",
        [
            "a.yaml::x",
            "../../etc/passwd.yaml::/../x",
            "a.yaml::" + "长" * 300,
            "a.yaml::a/b\\c:d*?",
        ],
    )
    def test_names_are_safe(self, tmp_path, nodeid):
        name = file_name(case(nodeid=nodeid))

        assert "/" not in name
        assert not name.startswith(".")
        assert len(name.encode()) < 200
        (tmp_path / name).touch()

    def test_names_that_look_alike_stay_apart(self):
        names = {file_name(case(nodeid=nodeid)) for nodeid in ("a.yaml::a b", "a.yaml::a-b")}

        assert len(names) == 2


def test_odd_characters_come_back_as_they_were(tmp_path):
    document = written(tmp_path, [ODD])

    assert document == without_meta(ODD)
