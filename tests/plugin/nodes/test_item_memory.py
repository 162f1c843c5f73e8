"""A collected case is its metadata: the rest is read when it runs, from what was collected."""

import gc
import tracemalloc
from pathlib import Path

import pytest
from yaml_kit import ONLY_OURS

from pytest_sisyphus.nodes import case_source

CASE = """\
name: case {n}
tags: [smoke]
config: {{variables: {{x: {n}}}}}
steps:
- {{name: s, type: wait, max_wait: 0.01, condition: "${{x}} == {n}"}}
"""
FAILING = """\
name: {name}
steps:
- name: s
  type: wait
  max_wait: 0.01
  condition:
    "1 == 2"
"""
LOOK_AT_MEMORY = """\
import gc

def count(when):
    from pytest_sisyphus.spec.case import Case
    gc.collect()
    print(f"{when}: {sum(type(one) is Case for one in gc.get_objects())}")

def pytest_collection_finish():
    count("collected")

def pytest_sessionfinish():
    gc.unfreeze()
    count("ran")
"""


NOISY = """
import pytest

@pytest.fixture
def noisy():
    raise OSError
"""


class Collected:
    """What happens when all is collected and nothing has run."""

    def __init__(self, look):
        self._look = look

    def pytest_collection_finish(self, session):
        self._look(session)


@pytest.fixture(autouse=True)
def nothing_set_aside():
    """The process of the tests has set them aside: what a run sets aside would not show."""
    gc.unfreeze()
    yield
    gc.freeze()


@pytest.fixture
def look_at(pytester, monkeypatch):
    """`look_at(look, *args, file=text)`: `look(session)` when all is collected."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setenv("SISYPHUS_UNCHECKED", "ignore")

    def run(look, *args, **files):
        for name, text in files.items():
            path = Path(name.replace("__", "."))
            path.write_text(text)
        return pytester.runpytest_inprocess(*ONLY_OURS, *args, plugins=[Collected(look)])

    return run


@pytest.fixture(params=["kept", "read again"])
def reading(request, monkeypatch):
    """Small suites stay read until they run; of large ones all is read again."""
    if request.param == "read again":
        monkeypatch.setattr(case_source, "_CAPACITY", 0)


def many(count):
    return "---\n".join(CASE.format(n=n) for n in range(count))


@pytest.mark.usefixtures("reading")
class TestWhatWasCollectedRuns:
    def test_whatever_becomes_of_the_file(self, look_at):
        look_at(
            lambda _: Path("case.yaml").write_text("name: other\nsteps: 5\n"), case__yaml=many(3)
        ).assert_outcomes(passed=3)

    def test_without_the_file(self, look_at):
        look_at(lambda _: Path("case.yaml").unlink(), case__yaml=many(3)).assert_outcomes(passed=3)

    def test_with_what_it_included(self, look_at):
        def change(_):
            Path("steps.yml").write_text("- 5")
            Path("part_2.yml").write_text("- 6")
            Path("part_1.yml").unlink()

        step = "{name: s, type: wait, seconds: 0}\n"
        look_at(
            change,
            case__yaml=(
                "name: a\nsteps: !include steps.yml\n---\n"
                "name: b\nsteps:\n- !include part_*.yml\n- !include steps.yml\n"
            ),
            steps__yml=f"- {step}",
            part_1__yml=step.replace("s,", "t,"),
        ).assert_outcomes(passed=2)

    def test_places_are_those_of_the_file(self, look_at):
        text = FAILING.format(name="a") + "---\n\n# of b\n" + FAILING.format(name="b")
        run = look_at(lambda _: None, case__yaml=text)

        run.assert_outcomes(failed=2)
        run.stdout.fnmatch_lines(["*case.yaml:7:*", "*case.yaml:17:*"])

    def test_each_row_has_its_values(self, look_at):
        rows = "id,n,m\n" + "".join(f"r{n},{n},{n}\n" for n in range(30))
        look_at(
            lambda _: Path("rows.csv").unlink(),
            case__yaml=(
                "name: rows\nconfig: {data_source: {type: csv, file_path: rows.csv}}\nsteps:\n"
                '- {name: s, type: wait, max_wait: 0.01, condition: "${n} == ${m} and'
                " ${data.id} == 'r' ~ n and ${_data_index} == ${n}\"}\n"
            ),
            rows__csv=rows,
        ).assert_outcomes(passed=30)

    def test_warnings_come_once(self, look_at):
        text = "name: a\nx: 1\nsteps: [{name: s, type: wait, seconds: 0}]\n"
        run = look_at(lambda _: None, "-o", "sisyphus_unknown_keys=warn", case__yaml=text)

        run.assert_outcomes(passed=1, warnings=1)
        run.stdout.fnmatch_lines(["*SisyphusWarning: case.yaml:2:1: unknown key 'x' is ignored*"])


class TestReading:
    @pytest.fixture
    def read(self, monkeypatch):
        """The names of the cases, as often as they are read again."""
        names = []
        original = case_source.CaseSource.read

        def read(self, metadata):
            names.append(metadata.name)
            return original(self, metadata)

        monkeypatch.setattr(case_source.CaseSource, "read", read)
        return names

    def test_a_small_suite_is_read_once(self, look_at, read):
        look_at(lambda _: None, case__yaml=many(3)).assert_outcomes(passed=3)

        assert read == []

    def test_a_case_is_read_once_for_all_its_rows(self, look_at, read, monkeypatch):
        monkeypatch.setattr(case_source, "_CAPACITY", 0)
        case = CASE.format(n=1).replace("variables:", "data_source: [{}, {}, {}], variables:")
        look_at(lambda _: None, case__yaml=f"{case}---\n{CASE.format(n=2)}").assert_outcomes(
            passed=4
        )

        assert read == ["case 1", "case 2"]

    @pytest.mark.parametrize(
        ("count", "args", "kept"), [(20, (), 20), (2000, ("-k", "1997"), 0)], ids=["few", "many"]
    )
    def test_what_stays_read_until_it_has_run(self, pytester, monkeypatch, count, args, kept):
        monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
        pytester.makeconftest(LOOK_AT_MEMORY)
        Path("case.yaml").write_text(many(count))
        run = pytester.runpytest_subprocess(*ONLY_OURS, "-s", *args)

        run.stdout.fnmatch_lines([f"*collected: {kept}", "*ran: 1"])


def cases(count):
    return {"case__yaml": many(count)}


def rows(count):
    source = "data_source: {type: csv, file_path: rows.csv}, variables:"
    lines = [f"r{n},user {n},{n}\n" for n in range(count)]
    return {
        "case__yaml": CASE.format(n=1).replace("variables:", source),
        "rows__csv": "id,user,amount\n" + "".join(lines),
    }


class TestMemory:
    """Bytes and objects of each further item, when all is collected."""

    @pytest.fixture
    def further(self, look_at, monkeypatch):
        monkeypatch.setattr(case_source, "_CAPACITY", 0)

        def measured(write, *args):
            def look(session):
                gc.collect()
                items = len(session.items)
                taken.append((items, tracemalloc.get_traced_memory()[0], len(gc.get_objects())))

            taken = []
            for count in (10, 100, 500):  # the first makes what all have in common
                files = write(count)
                tracemalloc.start()
                try:
                    look_at(look, "--collect-only", "-q", *args, **files).assert_outcomes()
                finally:
                    tracemalloc.stop()
            (_, (few, *less), (lots, *more)) = taken
            return [(b - a) / (lots - few) for a, b in zip(less, more, strict=True)]

        return measured

    @pytest.mark.parametrize(
        ("write", "most_bytes", "most_objects"),
        [(cases, 5300, 49), (rows, 1270, 13.3)],
        ids=["case", "row"],
    )
    def test_budget(self, further, write, most_bytes, most_objects):
        """Measured: 4610 bytes in 42.8 objects for a case, 1103 in 11.6 for a data row (2918 and
        26.4 for a parametrized function), with what the recording of the inner run takes."""
        size, objects = further(write)

        assert size < most_bytes
        assert objects < most_objects


def test_nothing_is_set_aside_when_the_session_is_over(look_at):
    before = gc.get_freeze_count()
    look_at(lambda _: None, case__yaml=many(2)).assert_outcomes(passed=2)

    assert gc.get_freeze_count() <= before


def test_what_others_set_aside_stays_so(look_at):
    gc.freeze()
    try:
        before = gc.get_freeze_count()
        look_at(lambda _: None, case__yaml=many(2)).assert_outcomes(passed=2)

        assert gc.get_freeze_count() > before / 2  # some of it was freed
    finally:
        gc.unfreeze()


class TestItems:
    """What pytest gives each item is there, though not before it is asked for."""

    def test_it_is_as_pytest_makes_it(self, look_at):
        def look(session):
            case, other, function = session.items
            assert [*case.keywords] == ["case 0", "smoke", "pytestmark", *case.parent.keywords]
            assert type(case.keywords) is type(function.keywords)
            assert case.keywords["smoke"].name == "smoke"
            for name in ("extra_keyword_matches", "funcargs", "stash", "_store", "own_markers"):
                made = getattr(case, name)
                assert type(made) is type(getattr(function, name))
                assert getattr(case, name) is made
                assert getattr(other, name) is not made
            assert case.stash is case._store
            assert case._request.node is case
            assert case.user_properties == [("location", "case.yaml:1"), ("tags", "smoke")]
            case.user_properties.append(("more", 1))
            seen.append(case)

        seen = []
        look_at(look, case__yaml=many(2), test_it__py="def test_it(): pass").assert_outcomes(
            passed=3
        )
        assert len(seen) == 1

    def test_one_item_does_not_request_fixtures_for_another(self, look_at):
        def look(session):
            session.items[0].fixturenames.append("noisy")

        look_at(
            look,
            case__yaml=many(2),
            conftest__py=NOISY,
        ).assert_outcomes(passed=1, errors=1)


def test_files_of_folders_with_the_same_hooks_share_their_parts(look_at):
    calls = Path("calls")
    calls.write_text("")
    conftest = """
def pytest_sisyphus_checks():
    with open({calls!r}, "a") as file:
        file.write({name!r})
    return ()
"""
    for name in ("a", "b", "c"):
        Path(name).mkdir()
        Path(name, "one.yaml").write_text(CASE.format(n=1))
        Path(name, "two.yaml").write_text(CASE.format(n=2))
    Path("b/conftest.py").write_text(conftest.format(calls=str(calls.resolve()), name="b"))
    top = conftest.format(calls=str(calls.resolve()), name="-")
    look_at(lambda _: None, conftest__py=top).assert_outcomes(passed=6)

    assert calls.read_text() == "-b-"
