"""`plan import`: plans from YAML, matched with the catalogue, created or updated."""

import os
import re
import textwrap
from pathlib import Path

import pytest

from orchestrator.catalog.planfile.importing import import_plans
from orchestrator.cli.commands import main

CASES = [
    {"caseId": 1, "caseKey": "order-create", "pytestNodeid": "t/order.yaml::create"},
    {"caseId": 2, "caseKey": "order-pay", "pytestNodeid": "t/order.yaml::pay", "tags": ["smoke"]},
    {"caseId": 3, "caseKey": "twin", "pytestNodeid": "t/test_user.py::test_login[zh]"},
    {"caseId": 4, "caseKey": "twin", "tags": ["smoke", "slow"]},
    {"caseId": 5, "caseKey": "off", "pytestNodeid": "t/order.yaml::off", "enabled": False},
]
NIGHTLY = """\
    plans:
      - name: 夜间回归
        project: 3
        job: shop-nightly
        cases:
          - order-pay
          - id: 1
            round: [1, 2]
          - tag: smoke
      - name: login
        project: 3
        id: 77
        cases: [3]
"""


@pytest.fixture
def catalogue(service):
    service.told("/case/sync", {"projectId": 3, "cases": CASES})
    service.catalog(9, project=4)
    return service


def imported(service, text, *, dry_run=False):
    """Lines of what changed; the complaints as `line:column: text`."""
    changes, complaints = import_plans(
        service.database, textwrap.dedent(text), service.clock.now(), dry_run=dry_run
    )
    lines = [line for change in changes for line in change.lines()]
    return lines, [one.of("f").removeprefix("f:") for one in complaints]


def plans(service):
    return service.front_data("/plan/list")["list"]


def held(plan):
    return [(case["case_id"], case["round_no"]) for case in plan["cases"]]


@pytest.mark.every_database
def test_a_file_makes_plans_with_rounds_that_run(catalogue):
    lines, complaints = imported(catalogue, NIGHTLY)

    assert complaints == []
    assert lines[0] == 'plan "夜间回归" (project 3): new'
    login, nightly = sorted(plans(catalogue), key=lambda plan: plan["plan_name"])
    assert (nightly["project_id"], nightly["jenkins_job_name"]) == (3, "shop-nightly")
    assert held(nightly) == [(2, None), (1, 1), (1, 2), (4, None)]
    assert (login["plan_id"], held(login)) == (77, [(3, None)])
    ask = {"planId": nightly["plan_id"], "envCode": "st", "roundNo": 3}
    row = catalogue.front_data("/plan/run", ask)
    assert [case["case_id"] for case in catalogue.cases(row["id"])] == [2, 4]


@pytest.mark.every_database
def test_a_second_import_updates_and_says_what_differs(catalogue):
    imported(catalogue, NIGHTLY)
    before = plans(catalogue)

    lines, _ = imported(catalogue, NIGHTLY)
    assert [line.rsplit(": ")[-1] for line in lines] == ["unchanged", "unchanged"]
    assert plans(catalogue) == before

    changed = NIGHTLY.replace("shop-nightly", "other").replace("[1, 2]", "2")
    changed = changed.replace("name: login", "name: 登录").replace("[3]", "[4, 3]")
    lines, _ = imported(catalogue, changed, dry_run=True)
    number = next(plan["plan_id"] for plan in before if plan["plan_id"] != 77)
    assert lines == [
        f'plan {number} "夜间回归" (project 3): changed',
        "  job: shop-nightly -> other",
        "  - case 1 (order-create), round 1",
        'plan 77 "登录" (project 3): changed',
        "  name: login -> 登录",
        "  + case 4 (twin)",
    ]
    assert plans(catalogue) == before

    assert imported(catalogue, changed)[0] == lines
    kept = {
        (plan["plan_id"], *pair): case["plan_case_id"]
        for plan in before
        for pair, case in zip(held(plan), plan["cases"], strict=True)
    }
    for plan in plans(catalogue):
        for pair, case in zip(held(plan), plan["cases"], strict=True):
            number = kept.get((plan["plan_id"], *pair))
            assert number in (None, case["plan_case_id"])
    assert imported(catalogue, changed.replace("[4, 3]", "[3, 4]"))[0][2:] == [
        "  the order of the cases"
    ]


def test_machines_of_a_plan_are_what_the_file_says_else_what_was_saved(catalogue):
    text = "plans: [{name: p, project: 3, %s cases: [1, 2]}]"
    imported(catalogue, text % "")
    lines, _ = imported(catalogue, text % "shards: 2, retry_lost: true,")
    assert lines[1:] == ["  shards: 1 -> 2", "  retry_lost: false -> true"]
    assert imported(catalogue, text % "")[0] == ['plan 1 "p" (project 3): unchanged']
    [plan] = plans(catalogue)
    assert (plan["shards"], plan["retry_lost"]) == (2, True)
    assert imported(catalogue, text % "shards: 1,")[0][1:] == ["  shards: 2 -> 1"]


@pytest.mark.parametrize(
    ("entry", "cases"),
    [
        ("1", [1]),
        ("{id: 5}", [5]),
        ("order-pay", [2]),
        ("{key: order-pay}", [2]),
        ("{tag: smoke}", [2, 4]),
        ("{nodeid: 't/order.yaml::*'}", [1, 2]),
        ("{nodeid: '*::p?y'}", [2]),
        ("{nodeid: '*[zh]'}", [3]),
        ("{nodeid: '*'}, {tag: slow}, 5", [1, 2, 3, 4, 5]),
        ("{tag: smoke}, 1, {nodeid: '*'}", [2, 4, 1, 3]),
    ],
)
def test_cases_are_named_by_id_key_tag_or_node_id(catalogue, entry, cases):
    text = f"plans: [{{name: p, project: 3, cases: [{entry}]}}]"
    assert imported(catalogue, text)[1] == []
    assert [case["case_id"] for case in plans(catalogue)[0]["cases"]] == cases


@pytest.mark.parametrize(
    ("entries", "cases"),
    [
        ("{key: order-pay, round: [1, 2]}, {tag: smoke}", [(2, 1), (2, 2), (4, None)]),
        ("{tag: smoke}, {key: order-pay, round: [1, 2]}", [(2, None), (4, None)]),
        ("{tag: smoke, round: 1}, {tag: smoke, round: [2, 1]}", [(2, 1), (4, 1), (2, 2), (4, 2)]),
        ("{id: 1, round: 1}, {id: 1, round: 2}", [(1, 1), (1, 2)]),
    ],
)
def test_a_case_that_fits_twice_is_taken_once_a_round(catalogue, entries, cases):
    text = f"plans: [{{name: p, project: 3, cases: [{entries}]}}]"
    assert imported(catalogue, text)[1] == []
    assert held(plans(catalogue)[0]) == cases


@pytest.mark.parametrize("entries", ["1, {id: 1, round: 2}", "{id: 1, round: 2}, 1"])
def test_a_case_that_is_named_twice_for_one_round_is_refused(catalogue, entries):
    text = f"plans: [{{name: p, project: 3, cases: [{entries}]}}]"
    assert "case 1 is already named in line 1" in imported(catalogue, text)[1][0]


@pytest.mark.parametrize(
    ("text", "complaints"),
    [
        ("", ["1:1: the file is empty; it needs `plans:`"]),
        ("plans: [", ["1:9: not YAML: expected the node content, but found '<stream end>'"]),
        ("- 1", ["1:1: expected a mapping with the keys plans"]),
        ("plan: []", ["1:1: `plans` is missing", "1:1: unknown key `plan`; known: plans"]),
        ("plans: []", ["1:8: `plans` must be a list with something in it"]),
        ("plans: {a: 1}", ["1:8: `plans` must be a list with something in it"]),
        ("plans:\n- 7", ["2:3: expected a mapping with the keys name, project, id, job, shards, retry_lost, cases"]),
        ("plans:\n- name: p\n  name: q\n  project: 3\n  cases: [1]", ["3:3: the key 'name' is given twice"]),
        ("a: !!python/object:os.system {}", ["1:4: not YAML: could not determine a constructor for the tag 'tag:yaml.org,2002:python/object:os.system'"]),
        ("plans: [{name: 5, project: x, cases: [1]}]", ["1:16: `name` must be text; put it in quotes", "1:28: `project` must be a whole number"]),
        ("plans: [{name: p, project: 0, cases: []}]", ["1:28: `project` must be 1 or more", "1:38: `cases` must be a list with something in it"]),
        ("plans: [{name: '', project: 3, cases: [1]}]", ["1:16: `name` must not be empty"]),
        ("plans: [{name: p, project: 3, shards: 0, cases: [1]}]", ["1:39: `shards` must be 1 or more"]),
        ("plans: [{name: p, project: 3, shards: 65, cases: [1]}]", ["1:39: `shards` must be 64 or less"]),
        ("plans: [{name: p, project: 3, shards: many, cases: [1]}]", ["1:39: `shards` must be a whole number"]),
        ("plans: [{name: p, project: 3, retry_lost: 1, cases: [1]}]", ["1:43: `retry_lost` must be true or false"]),
    ],
)  # fmt: skip
def test_a_broken_file_is_told_where(catalogue, text, complaints):
    assert imported(catalogue, text)[1] == complaints
    assert plans(catalogue) == []


def test_all_complaints_come_at_once_and_nothing_is_written(catalogue):
    text = """\
    plans:
      - name: good
        project: 3
        cases: [1]
      - name: bad
        project: 3
        queue: x
        cases:
          - 9
          - {key: twin}
          - {tag: nobody}
          - {id: 1, tag: smoke}
          - {round: 1}
          - {id: one}
          - {id: 2, round: [0]}
          - 1
          - {id: 1}
          - {nodeid: 'x*'}
      - name: good
        project: 3
        cases: [missing]
    """
    assert imported(catalogue, text)[1] == [
        "7:5: unknown key `queue`; known: name, project, id, job, shards, retry_lost, cases",
        "9:9: id 9: project 3 has no such case; has it been synced?",
        "10:9: key 'twin' is the key of several cases (3, 4); name them by id",
        "11:9: tag 'nobody': project 3 has no such case; has it been synced?",
        "12:9: give one of id, key, tag, nodeid, not id, tag",
        "13:9: give one of id, key, tag, nodeid, not none",
        "14:14: `id` must be a whole number",
        "15:25: `round` must be 1 or more",
        "17:9: case 1 is already named in line 16",
        "18:9: nodeid 'x*': project 3 has no such case; has it been synced?",
        "19:5: the plan of line 2 has the same name or id",
        "21:13: key 'missing': project 3 has no such case; has it been synced?",
    ]
    assert plans(catalogue) == []


def test_a_plan_that_nobody_can_tell_is_refused(catalogue):
    for plan, project in ((50, 3), (51, 3), (60, 4)):
        case = 9 if project == 4 else 1
        body = {"planId": plan, "projectId": project, "planName": "p", "cases": [case]}
        assert catalogue.front("/plan/save", body)["code"] == 20000
    text = "plans: [{name: p, project: 3, cases: [1]}, {name: q, id: 60, project: 3, cases: [1]}]"

    assert imported(catalogue, text)[1] == [
        "1:9: several plans have the name 'p' (50, 51); give the id",
        "1:44: plan 60 belongs to project 4",
    ]


def test_the_manuals_example_is_taken(service):
    page = (Path(__file__).parents[3] / "docs/en" / "catalogue.md").read_text(encoding="utf-8")
    [example] = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    keys = {1001: "order-create", 1002: "order-pay", 1003: "order-cancel", 1004: "other"}
    cases = [
        {
            "caseId": number,
            "caseKey": key,
            "pytestNodeid": f"tests/order/test_{number}.py::test_it",
            "tags": ["smoke", "login"],
        }
        for number, key in keys.items()
    ]
    service.told("/case/sync", {"projectId": 3, "cases": cases})

    assert imported(service, example)[1] == []
    shop, login = sorted(plans(service), key=lambda plan: plan["plan_name"], reverse=True)
    assert held(shop) == [(1001, None), (1002, None), (1003, 2), (1004, None)]
    assert login["plan_id"] == 77


def test_two_plans_of_a_file_cannot_mean_one_of_the_database(catalogue):
    imported(catalogue, NIGHTLY)
    text = """\
    plans:
      - {name: renamed, id: 77, project: 3, cases: [1]}
      - {name: login, project: 3, cases: [1]}
    """
    assert imported(catalogue, text)[1] == ["3:5: this is plan 77, which line 2 means, too"]


BOMB = "x: &x0 [a, b]\n" + "".join(f"y{n}: &x{n + 1} [*x{n}, *x{n}, *x{n}]\n" for n in range(40))
MERGES = "x: &x0 {a: 1}\n" + "".join(f"y{n}: &x{n + 1} {{<<: [*x{n}, *x{n}]}}\n" for n in range(40))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"{BOMB}? *x40\n: 1\n", "1:1: more than 500000 values once its aliases are written out"),
        (f"{BOMB}plans: *x40\n", "1:1: more than 500000 values once its aliases are written out"),
        (f"{MERGES}plans: [*x40]\n", "1:1: more than 500000 values once its aliases are written out"),
        ("plans: &p [*p]\n", "1:1: more than 500000 values once its aliases are written out"),
        ("plans: []\n? [a, b]\n: 1\n", "2:3: a key must be text"),
        ("plans: []\n? {a: b}\n: 1\n", "2:3: a key must be text"),
    ],
    ids=["key", "value", "merge", "itself", "list", "mapping"],
)  # fmt: skip
def test_a_file_that_stands_for_more_than_it_says_is_refused(service, text, said):
    assert said in imported(service, text)[1]


@pytest.fixture
def run(service, tmp_path, monkeypatch, capsys):
    """`plan import plans.yaml …` on the service's database; exit code, stdout, stderr."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("SISYPHUS_")]:
        monkeypatch.delenv(name)

    def run(content, *options):
        (tmp_path / "plans.yaml").write_bytes(content)
        code = main(["plan", "import", "plans.yaml", *options, "--database-url", service.url])
        return code, *capsys.readouterr()

    return run


def test_the_command_says_what_it_did(catalogue, run):
    text = "plans:\n- {name: p, project: 3, cases: [1]}\n".encode("utf-8-sig")

    code, out, err = run(text, "--dry-run")
    said = 'plan "p" (project 3): new\n  + case 1 (order-create)\n'
    assert (code, out, err) == (0, f"{said}nothing was written (--dry-run)\n", "")
    assert plans(catalogue) == []
    assert run(text) == (0, said, "")
    assert run(text) == (0, 'plan 1 "p" (project 3): unchanged\n', "")


@pytest.mark.parametrize(
    ("content", "err"),
    [
        (b"plans: [{name: p, project: 3, cases: [8]}]", "plans.yaml:1:39: id 8: project 3 has no such case; has it been synced?\n"),
        (b"\xff", "sisyphus-orchestrator: cannot read the plans plans.yaml: it is not UTF-8\n"),
    ],
)  # fmt: skip
def test_the_command_refuses_with_exit_code_2(catalogue, run, content, err):
    assert run(content) == (2, "", err)


def test_a_file_that_is_not_there_is_named(service, run, capsys):
    assert main(["plan", "import", "nowhere.yaml", "--database-url", service.url]) == 2
    assert "cannot read the plans nowhere.yaml: No such file" in capsys.readouterr().err
