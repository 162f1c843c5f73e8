"""Where cases live, read from text alone."""

import pytest

from pytest_sisyphus.execution.case_lookup import Suite, computes_marks, identities, locate_cases
from pytest_sisyphus.execution.contract import WantedCase


def wanted(case_id=1001, *, key="", nodeid=""):
    return WantedCase(
        execution_case_id=1,
        case_id=case_id,
        plan_case_id=None,
        case_key=key or str(case_id),
        title="",
        run_order=1,
        nodeid=nodeid,
        unfinished=True,
    )


@pytest.fixture
def suite(tmp_path):
    def write(**files):
        for name, text in files.items():
            path = tmp_path / name.replace("__", "/").replace("_py", ".py").replace(
                "_yaml", ".yaml"
            )
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return Suite(
            root=tmp_path,
            paths=(tmp_path,),
            python_files=("test_*.py",),
            ignored_folders=(".*", "node_modules"),
        )

    return write


def names(places, suite):
    if places.files is None:
        return None
    return sorted(str(file.relative_to(suite.root)) for file in places.files)


MARK = "@pytest.mark.sisyphus(case_id={})\ndef test_it(): pass\n"


@pytest.mark.parametrize(
    ("text", "identity"),
    [
        ("@pytest.mark.sisyphus(case_id=1001)", ("id", "1001")),
        ("@pytest.mark.sisyphus(case_id = 1001)", ("id", "1001")),
        ("mark.sisyphus(case_key='order-create')", ("key", "order-create")),
        ('x = [p(marks=m(case_id=1)), p(marks=m(case_key="k"))]', ("key", "k")),
        ("case_id: 1001", ("id", "1001")),
        ("  case_key:   order-create  # why", ("key", "order-create")),
        ("{case_id: 7, case_key: 'a b'}", ("key", "a b")),
        ('{"case_id": "1001"}', ("id", "1001")),
    ],
)
def test_what_a_text_says_of_cases(text, identity):
    assert identity in identities(text)


@pytest.mark.parametrize(
    ("text", "computes"),
    [
        ("@pytest.mark.sisyphus(case_id=1001)", False),
        ("pytest.mark.sisyphus(case_key='a', case_id=1)", False),
        ("import pytest_sisyphus", False),
        ("pytest.mark.sisyphus(case_id=BASE + 1)", True),
        ("pytest.mark.sisyphus(**row)", True),
        ("getattr(pytest.mark, 'sisyphus')", True),
    ],
)
def test_which_marks_the_search_cannot_read(text, computes):
    assert computes_marks(text) is computes


@pytest.mark.parametrize(
    ("files", "nodeid", "places"),
    [
        pytest.param(
            {"test_a_py": MARK.format(1001)}, "test_a.py::test_it", ["test_a.py"], id="there"
        ),
        pytest.param({"test_a_py": MARK.format(1001)}, "", ["test_a.py"], id="no node id"),
        pytest.param(
            {"sub__test_b_py": MARK.format(1001)}, "test_a.py::t", ["sub/test_b.py"], id="moved"
        ),
        pytest.param(
            {"test_a_py": "# was case_id=1001\n" + MARK.format(7), "test_b_py": MARK.format(1001)},
            "test_a.py::test_other",
            ["test_a.py", "test_b.py"],
            id="moved out of a file that still mentions it",
        ),
        pytest.param({"a_yaml": "case_id: 1001\n"}, "b.yaml::x", ["a.yaml"], id="yaml"),
        pytest.param({"test_a_py": MARK.format(1002)}, "", [], id="nowhere"),
        pytest.param({"test_a_py": MARK.format(10010)}, "", [], id="another number"),
        pytest.param({".git__test_a_py": MARK.format(1001)}, "", [], id="ignored folder"),
        pytest.param(
            {"test_a_py": MARK.format("B+1"), "test_b_py": MARK.format(2)},
            "",
            ["test_a.py"],
            id="computed somewhere",
        ),
        pytest.param(
            {"test_a_py": MARK.format("B+1"), "test_b_py": MARK.format("C+1")},
            "test_b.py::test_it",
            ["test_b.py"],
            id="computed where the node id says",
        ),
        pytest.param(
            {
                "conftest_py": "add_marker(mark.sisyphus(case_id=n))",
                "test_a_py": "def test_x(): pass",
            },
            "",
            None,
            id="marked from outside",
        ),
        pytest.param(
            {"marks_py": "order = pytest.mark.sisyphus(case_id=1001)", "test_a_py": "@order"},
            "",
            None,
            id="a shared mark",
        ),
        pytest.param(
            {
                "parts__config_yaml": "case_id: 1001\n",
                "a_yaml": "config: !include parts/config.yaml",
            },
            "",
            ["a.yaml", "parts/config.yaml"],
            id="in an included part",
        ),
    ],
)
def test_files_to_collect(suite, files, nodeid, places):
    found = suite(**files)

    assert (
        names(locate_cases([wanted(nodeid=nodeid)], found, invocation_dir=found.root), found)
        == places
    )


def test_node_ids_may_start_where_pytest_was_called(suite):
    found = suite(sub__test_a_py=MARK.format(1001))

    places = locate_cases(
        [wanted(nodeid="test_a.py::test_it")], found, invocation_dir=found.root / "sub"
    )

    assert names(places, found) == ["sub/test_a.py"]


def test_the_suite_is_not_read_when_the_node_ids_cover_everything(suite):
    found = suite(test_a_py=MARK.format(1001))
    blind = Suite(
        root=found.root, paths=(found.root / "gone",), python_files=(), ignored_folders=()
    )

    places = locate_cases([wanted(nodeid="test_a.py::test_it")], blind, invocation_dir=found.root)

    assert names(places, found) == ["test_a.py"]


def test_a_case_is_expected_where_it_was_last_seen(suite):
    found = suite(test_a_py="def broken(:\n")

    places = locate_cases([wanted(nodeid="test_a.py::test_it")], found, invocation_dir=found.root)

    assert places.files_of_case[1] == {found.root / "test_a.py"}
