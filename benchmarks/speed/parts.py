"""The parts: each makes its files, and answers (title, unit, rows)."""

from pathlib import Path

from benchmarks.speed import contestants as write
from benchmarks.speed.measure import Row, Took, pytest, python, rounds, timed
from benchmarks.speed.peers import python_of

STEPS, CASES = 500, 500
MANY, PER_FILE = 10_000, 20


def steps(api, folder: Path, count: int, *, peers: bool) -> tuple[str, str, list[Row]]:
    """A step's cost is the run of many less the run of one: what starts up is in both."""

    def of(name, text, command, number):
        place = Path(folder, f"{name.split('.')[0]}-{number}")
        place.mkdir(exist_ok=True)
        Path(place, name).write_text(text(api.url, number), "utf-8")
        with api.asked(number):
            return timed(command, place)

    def each(name, text, command):
        def run() -> Took:
            many = of(name, text, command, STEPS)
            return (many - of(name, text, command, 1)).per(STEPS - 1)

        return run

    def no_environment(url, number):
        return write.loop(url, number, environment=False)

    runs = {
        "loop over requests.Session (floor)": each("loop.py", write.loop, python("loop.py")),
        "the same, trust_env off": each("bare.py", no_environment, python("bare.py")),
        "hand-written pytest": each(
            "test_steps.py", write.python_steps, pytest("-p", "no:sisyphus", "test_steps.py")
        ),
        "YAML case": each("case.yaml", write.yaml_steps, pytest("case.yaml")),
    }
    if peers and (older := python_of("older engine")):
        command = [older, "-c", write.OLDER_RUN, "."]
        runs["older engine, in process"] = each("older.yaml", write.older_steps, command)
    if peers and (tavern := python_of("tavern")):
        command = pytest("test_it.tavern.yaml", python=tavern)
        runs["Tavern"] = each("test_it.tavern.yaml", write.tavern_steps, command)
    title = f"One case of {STEPS} GET steps, 3 checks and 1 extractor each"
    return title, "ms a step", rounds(runs, count)


def files(api, folder: Path, count: int, *, peers: bool) -> tuple[str, str, list[Row]]:
    def pair(name, text, command):
        """Of many files and of one: what starts up is in both."""
        places = {}
        for number in (CASES, 1):
            places[number] = Path(folder, f"{name.replace('{n}', '')}-{number}")
            places[number].mkdir()
            for case in range(number):
                where = Path(places[number], name.replace("{n}", f"{case:05}"))
                where.write_text(text(api.url, case), "utf-8")
        return lambda: less_start_up(places, command)

    def less_start_up(places, command) -> Took:
        took = {}
        for number, place in places.items():
            with api.asked(3 * number):
                took[number] = timed(command, place)
        return (took[CASES] - took[1]).per(3 * (CASES - 1))

    def loop() -> Took:
        for number in (CASES, 1):
            Path(folder, str(number)).mkdir(exist_ok=True)
            Path(folder, str(number), "loop.py").write_text(write.loop_cases(api.url, number))
        return less_start_up({n: Path(folder, str(n)) for n in (CASES, 1)}, python("loop.py"))

    runs = {
        "loop over requests, a Session a case (floor)": loop,
        "hand-written pytest": pair(
            "test_{n}.py", write.python_case, pytest("-p", "no:sisyphus", ".")
        ),
        "YAML cases": pair("case_{n}.yaml", write.yaml_case, pytest(".")),
    }
    if peers and (older := python_of("older engine")):
        command = [older, "-c", write.OLDER_RUN, "."]
        runs["older engine, in process"] = pair("older_{n}.yaml", write.older_case, command)
    if peers and (tavern := python_of("tavern")):
        command = pytest(".", python=tavern)
        runs["Tavern"] = pair("test_{n}.tavern.yaml", write.tavern_case, command)
    return f"{CASES} files of one case with 3 steps", "ms a step", rounds(runs, count)


def collect(api, folder: Path, count: int, *, peers: bool) -> tuple[str, str, list[Row]]:
    """Cold: no cache of ours; warm: the second run with pytest's cache."""
    del peers
    functions, some, many = (Path(folder, name) for name in ("functions", "some", "many"))
    for place in (functions, some, many):
        place.mkdir()
    for number in range(MANY // PER_FILE):
        cases = range(number * PER_FILE, (number + 1) * PER_FILE)
        tests = "".join(f"def test_{case}(): pass\n" for case in cases)
        Path(functions, f"test_{number:05}.py").write_text(tests)
        text = "---\n".join(write.yaml_case(api.url, case) for case in cases)
        Path(some, f"cases_{number:05}.yaml").write_text(text)
    for number in range(MANY):
        Path(many, f"case_{number:05}.yaml").write_text(write.yaml_case(api.url, number))

    def cold(place, *args):
        return lambda: timed(pytest("--collect-only", "-p", "no:cacheprovider", *args, "."), place)

    def warm(place):
        def run() -> Took:
            timed(pytest("--collect-only", "."), place)
            return timed(pytest("--collect-only", "."), place)

        return run

    runs = {
        "Python functions in 500 files (floor)": cold(functions, "-p", "no:sisyphus"),
        "YAML, 500 files, cold": cold(some),
        "YAML, 500 files, warm": warm(some),
        "YAML, 10 000 files, cold": cold(many),
        "YAML, 10 000 files, warm": warm(many),
    }
    return f"Collecting {MANY:,} cases of 3 steps", "s", rounds(runs, count)


def start(api, folder: Path, count: int, *, peers: bool) -> tuple[str, str, list[Row]]:
    del peers
    Path(folder, "test_empty.py").write_text("def test(): pass\n")
    Path(folder, "case.yaml").write_text(write.yaml_steps(api.url, 1))
    runs = {
        "one Python test, plugin off (floor)": lambda: timed(
            pytest("-p", "no:sisyphus", "test_empty.py"), folder
        ),
        "one Python test, plugin installed": lambda: timed(pytest("test_empty.py"), folder),
        "one YAML case, collected": lambda: timed(pytest("--collect-only", "case.yaml"), folder),
        "one YAML case of one step": lambda: timed(pytest("case.yaml"), folder),
    }
    return "Start-up", "s", rounds(runs, max(count, 5))


def rows(api, folder: Path, count: int, *, peers: bool) -> tuple[str, str, list[Row]]:
    del api, peers
    Path(folder, "rows.csv").write_text(
        "id,user,amount\n" + "".join(f"r{n},user {n},{n}\n" for n in range(100_000))
    )
    Path(folder, "case.yaml").write_text(
        "name: rows\nconfig: {base_url: http://127.0.0.1:1, "
        "data_source: {type: csv, file_path: rows.csv}}\n"
        "steps: [{name: s, url: '/${user}', validations: [{eq: [$.amount, '${amount}']}]}]\n"
    )
    Path(folder, "test_rows.py").write_text(
        "import csv, pytest\nrows = [r for r in csv.reader(open('rows.csv'))][1:]\n"
        "@pytest.mark.parametrize('row', rows, ids=[r[0] for r in rows])\ndef test_row(row): pass\n"
    )
    runs = {
        "parametrized Python function (floor)": lambda: timed(
            pytest("--collect-only", "-p", "no:sisyphus", "test_rows.py"), folder
        ),
        "YAML case with a CSV file": lambda: timed(pytest("--collect-only", "case.yaml"), folder),
    }
    return "Collecting a data source of 100 000 rows", "s", rounds(runs, count)


def mock(api, folder: Path, count: int, *, peers: bool) -> tuple[str, str, list[Row]]:
    del api, peers
    case = (
        "name: case {n}\nconfig: {{base_url: http://nowhere.invalid, mock: {{rules: "
        "[{{request: {{url: /ok}}, response: {{body: {{code: 0}}}}}}]}}}}\n"
        "steps: [{{name: s, url: /ok, validations: [{{eq: [$.code, 0]}}]}}]\n"
    )
    functions, yaml = (Path(folder, name) for name in ("functions", "yaml"))
    for place in (functions, yaml):
        place.mkdir()
    Path(functions, "test_floor.py").write_text(
        f"import pytest\n@pytest.mark.parametrize('n', range({MANY}))\n"
        "def test_case(n): assert {'code': 0}['code'] == 0\n"
    )
    for number in range(MANY // PER_FILE):
        cases = range(number * PER_FILE, (number + 1) * PER_FILE)
        text = "---\n".join(case.format(n=n) for n in cases)
        Path(yaml, f"cases_{number:05}.yaml").write_text(text)
    runs = {
        "Python functions (floor)": lambda: timed(pytest("-p", "no:sisyphus", "."), functions),
        "YAML cases with a mock": lambda: timed(pytest("."), yaml),
        "the same with a json report": lambda: timed(
            pytest("--sisyphus-report=json:report.json", "."), yaml
        ),
    }
    return f"Running {MANY:,} cases with a mock", "s", rounds(runs, count)
