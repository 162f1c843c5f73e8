"""Files that nearly look like cases are told from files of other tools, unread."""

import textwrap

import pytest
from languages import is_chinese

from pytest_sisyphus.source.detection import looks_like_a_case
from pytest_sisyphus.source.near_misses import find_near_miss

STEPS = "- {name: s, url: /}"

NEARLY = [
    (f"name: a\nstep:\n{STEPS}\n", 2, "has 'name' but no 'steps'; did you mean 'steps' for 'step'?"),
    (f"nmae: a\ncase_id: 5\nsteps:\n{STEPS}\n", 1, "has 'steps' but no 'name'; did you mean 'name' for 'nmae'?"),
    (f"case_id: 5\nsteps:\n{STEPS}\n", 2, "has 'steps' but no 'name'"),
    ("name: a\nconfig:\n  base_url: http://x\n  steps:\n  - {name: s, url: /}\n", 1, "has 'name' but no 'steps' at its top level: line 4 has it indented"),
    (f"Name: a\nSteps:\n{STEPS}\n", 1, "has no 'name'; did you mean 'name' for 'Name'?; 'steps'; did you mean 'steps' for 'Steps'?"),
    (f"NAME: a\nsteps:\n{STEPS}\n", 1, "did you mean 'name' for 'NAME'?"),
    (f"name: a\nsetps: # all\n{STEPS}\n", 2, "did you mean 'steps' for 'setps'?"),
    (f"name: a\ntags: [smoke]\nstepss:\n{STEPS}\n", 3, "did you mean 'steps' for 'stepss'?"),
    ("name: a\ntags: [smoke]\n", 1, "has 'name' but no 'steps'"),
    ("name: a\ncase_key: k\nbody: {}\n", 1, "has 'name' but no 'steps'"),
    ("config:\n  name: a\nteststeps:\n- name: s\n", 3, "older engine's newer dialect ('teststeps')"),
    ("teststeps: [{name: s}]\nname: a\n", 1, "convert it: sisyphus-api-convert engine PATH -o NEW"),
    # told by steps as only cases have them
    (f"tags: [smoke]\nsteps:\n{STEPS}\n", 2, "has 'steps' but no 'name'"),
    (f"steps:\n{STEPS}\n", 1, "has 'steps' but no 'name'"),
    ("steps:\n- get it: {url: /}\n", 1, "has 'steps' but no 'name'"),
    ("steps:\n- name: s\n  type: script\n  script: {code: x}\n", 1, "has 'steps' but no 'name'"),
    ("tags: [x]\nsteps:\n- {name: s, type: api}\n", 2, "has 'steps' but no 'name'"),
    ("steps: [{name: s, type: wait, seconds: 0}]\n", 1, "has 'steps' but no 'name'"),
    ("steps:\n- !include log_in.yaml\n", 1, "has 'steps' but no 'name'"),
    ("owner: me\nsteps:\n- name: s\n  validations: []\n", 2, "has 'steps' but no 'name'"),
    (f"title: a\nsteps:\n{STEPS}\n", 1, "has 'steps' but no 'name'; did you mean 'name' for 'title'?"),
    (f"# of a\n\tname: a\nsteps:\n{STEPS}\n", 3, "no 'name' at its top level: line 2 has it indented"),
    (f" name: a\nsteps:\n{STEPS}\n", 2, "no 'name' at its top level: line 1 has it indented"),
    (f"name: a\n steps:\n{STEPS}\n", 1, "no 'steps' at its top level: line 2 has it indented"),
    (f"name: a\nstep s:\n{STEPS}\n", 1, "has 'name' but no 'steps': write 'steps: ' in line 2"),
    (f"name: a\nsteps：\n{STEPS}\n", 2, "has a full-width colon: write 'steps: '"),
    (f"name: a\nteststep:\n{STEPS}\n", 2, "did you mean 'steps' for 'teststep'?"),
    (f"name: a\ntest:\n{STEPS}\n", 2, "did you mean 'steps' for 'test'?"),
    # both are there, but not as top-level keys
    (f"- name: a\n  steps:\n  {STEPS}\n", 1, "has its case in a list; write name: … and steps: … at the top level"),
    (f"- tags: [x]\n  name: a\n  steps:\n    {STEPS}\n- name: b\n", 1, "has its case in a list"),
    (f"cases:\n- name: a\n  steps:\n  {STEPS}\n", 2, "has its case in a list"),
    (f"case:\n  name: a\n  steps:\n  {STEPS}\n", 1, "has 'name' and 'steps' below 'case'; write them at the top level"),
    (f"# a\ntest:\n    steps:\n    {STEPS}\n    name: a\n", 2, "below 'test'"),
    (f"\tname: a\n\tsteps:\n\t{STEPS}\n", 1, "has 'name' and 'steps' indented"),
    (f"\n  name: a\n  steps:\n  {STEPS}\n", 2, "has 'name' and 'steps' indented"),
    (f"name：fw\nsteps：\n{STEPS}\n", 1, "has a full-width colon: write 'name: '"),
    (f"name：fw\nsteps:\n{STEPS}\n", 1, "has a full-width colon: write 'name: '"),
    (f"name:t\nsteps:[{STEPS[2:]}]\n", 1, "has no blank behind the colon: write 'name: '"),
    (f"name: t\nsteps:[{STEPS[2:]}]\n", 2, "has no blank behind the colon: write 'steps: '"),
    (f"\0name: a\nsteps:\n{STEPS}\n", 1, "has a sign before 'name' that is not shown"),
    (f"\u200bname: a\nsteps:\n{STEPS}\n", 1, "has a sign before 'name' that is not shown"),
    (f"# a\n{{name: a, steps: [{STEPS[2:]}]}}\n", 2, "is written in braces"),
    ('{\n  "name": "a",\n  "steps": [\n    {"name": "s", "url": "/"}\n  ]\n}\n', 1, "is written in braces"),
    (f"name: a\rsteps:\r{STEPS}\r", 1, "has lines that end with CR alone; save it with LF"),
    (f"\ufeffname: a\nstep: [{STEPS[2:]}]\n", 2, "did you mean 'steps' for 'step'?"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "line", "message"), NEARLY)
def test_a_file_that_is_nearly_a_case(text, line, message):
    near = find_near_miss(text.encode())

    assert not looks_like_a_case(text.encode())
    assert near is not None
    assert (near.line, message in near.message) == (line, True), near.message


CASE = f"name: a\nsteps:\n{STEPS}\n"


@pytest.mark.parametrize(
    ("encoding", "said"),
    [
        ("utf-16", "is UTF-16; save it as UTF-8"),
        ("utf-16-le", "is UTF-16; save it as UTF-8"),
        ("utf-16-be", "is UTF-16; save it as UTF-8"),
        ("utf-32", "is UTF-32; save it as UTF-8"),
    ],
)
@pytest.mark.parametrize("text", [CASE, CASE.replace("steps", "step")])
def test_a_case_in_another_encoding(encoding, said, text):
    near = find_near_miss(text.encode(encoding))

    assert near is not None
    assert (near.line, near.message) == (1, said)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32"])
def test_something_else_in_another_encoding(encoding):
    assert find_near_miss("site_name: docs\nnav: []\n".encode(encoding)) is None


@pytest.mark.parametrize("text", [b"\xff\xfea", b"\xff\xfe", b"\0", b"\0\0\0\0", b"a\0b\0\xd8"])
def test_bytes_that_are_no_text(text):
    assert find_near_miss(text) is None


@pytest.mark.parametrize(
    "key",
    ["jobs", "on", "pool", "trigger", "stages", "runs-on", "using", "hosts", "tasks", "'on'"],
)
@pytest.mark.parametrize(
    "text",
    [
        f"steps:\n{STEPS}\n",
        f"- name: a\n  steps:\n  {STEPS}\n",
        f"a:\n  name: a\n  steps:\n  {STEPS}\n",
    ],
)
def test_steps_beside_a_key_of_something_else(key, text):
    indent = "" if text.startswith("steps") else "  "

    assert find_near_miss(text.encode()) is not None
    assert find_near_miss(f"{text}{indent}{key}: x\n".encode()) is None


OTHERS = {
    "docker compose": """
        name: shop
        services: {db: {image: postgres}}
        configs: {a: {file: a}}
    """,
    "a workflow": "name: ci\non: push\njobs: {test: {steps: []}}",
    "a workflow with on quoted": "name: ci\n'on': push\nconfig: {}",
    "an action": """
        name: an action
        description: builds
        inputs: {}
        runs:
          using: composite
          steps: []
    """,
    "a playbook": """
        - name: install
          hosts: all
          tasks: []
        - name: steps
          steps: 5
    """,
    "kubernetes": "apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\nspec: {}",
    "a chart": "apiVersion: v2\nname: shop\ndescription: a chart\nversion: 1.0.0",
    "openapi": "openapi: 3.1.0\ninfo: {title: a}\ntags: [{name: a}]\npaths: {}",
    "mkdocs": "site_name: docs\nnav: []\ntheme: {name: material}",
    "an ansible collection": "namespace: a\nname: b\nversion: 1\ntags: [x]\nauthors: []",
    "a cloud build": "steps:\n- name: gcr.io/x\ntags: [x]",
    "a pipeline": "stages: []\nimage: python\ntest: {script: []}",
    "a cloud build that fetches": "steps:\n- name: gcr.io/curl\n  args: ['http://x/?url=1']\nimages: [x]",
    "steps of a pipeline": """
        parameters:
        - name: url
          type: string
        steps:
        - script: curl $URL
          env: {url: x}
    """,
    "only steps of a pipeline": "steps:\n- task: Fetch@1\n  inputs:\n    url: http://x\n",
    "only steps of another pipeline": "steps:\n- label: a\n  command: x\n  env:\n    url: x\n- wait\n",
    "jobs of a third pipeline": """
        version: 2.1
        commands:
          get:
            name: get
            steps:
            - run: {url: x}
        jobs: {a: {steps: [get]}}
    """,
    "a task on kubernetes": """
        apiVersion: tekton.dev/v1
        kind: Task
        metadata:
          name: a
        spec:
          name: a
          steps:
          - name: s
            url: x
    """,
    "a flow of a workflow": """
        apiVersion: argoproj.io/v1
        kind: Workflow
        spec:
          templates:
          - name: hello
            steps:
            - - name: s
                template: x
                arguments: {url: x}
    """,
    "a playbook that fetches": """
        - name: install
          hosts: all
          tasks:
          - name: get
            uri:
              url: http://x
              method: GET
    """,
    "tasks of a playbook": "- name: get\n  get_url:\n    url: http://x\n- name: steps\n  debug: {msg: x}",
    "hooks before a commit": """
        repos:
        - repo: https://x
          hooks:
          - id: a
            name: steps
            url: x
    """,
    "arazzo": """
        arazzo: 1.0.0
        sourceDescriptions:
        - name: a
          url: x
        workflows:
        - workflowId: a
          name: a
          steps:
          - stepId: a
    """,
    "openapi with steps": """
        openapi: 3.1.0
        servers:
        - url: http://x
        components:
          schemas:
            A:
              properties:
                name: {type: string}
                steps: {type: array}
    """,
    "compose that has addresses": "name: shop\nservices:\n  a:\n    environment:\n      url: x\n",
    "a site with steps": "site_name: a\nsite_url: x\nnav:\n- steps: a.md\n- name: b.md\n- url: c.md",
    "steps to include": "- name: s\n  url: /\n- name: t\n  url: /\n  validations: []\n",
    "a loop to include": "type: loop\nloop_steps:\n- {name: s, url: /, validations: []}\n",
    "a step to include with checks": "name: s\nurl: /\nvalidations:\n- status_code: 200\n",
    "data with names and steps": "- name: a\n  steps: 500\n  url: x\n- name: b\n  steps: 20\n",
    "data in braces": '{"name": "a", "steps": 5, "url": "x"}',
    "variables to include": "base_url: http://x\nurl: /a\nname: x\nsteps_done: 5",
    "another pipeline": "trigger: [main]\nsteps:\n- script: x",
    "conda": "name: env\nchannels: []\ndependencies: []",
    "a container profile": "name: default\nconfig: {}\ndescription: x\ndevices: {}",
    "a bus line": "name: 5\nstops:\n- a\n- b",
    "numbers": "mean: 5\nsteps: 100",
    "a part to include": "config:\n  base_url: http://x\nsetup: []",
    "a step to include": "name: log in\nurl: /login\nmethod: POST",
    "rows": "names: [a]\nstep: 5",
    "nothing": "",
}


@pytest.mark.parametrize("text", OTHERS.values(), ids=OTHERS.keys())
def test_a_file_of_something_else(text):
    assert find_near_miss(textwrap.dedent(text).encode()) is None


def test_it_is_said_in_chinese_as_well(set_to_chinese):
    said = [find_near_miss(text.encode()).message for text, *_ in NEARLY]

    assert [one for one in said if not is_chinese(one)] == []
