"""Files that nearly look like cases are told from files of other tools, unread."""

import textwrap

import pytest

from pytest_sisyphus.loading.sniffing import looks_like_a_case, nearly_a_case

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
    ("teststeps: [{name: s}]\nname: a\n", 1, "rename by hand: config.name to name, teststeps to steps"),
    (f"\ufeffname: a\nstep: [{STEPS[2:]}]\n", 2, "did you mean 'steps' for 'step'?"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "line", "message"), NEARLY)
def test_a_file_that_is_nearly_a_case(text, line, message):
    near = nearly_a_case(text.encode())

    assert not looks_like_a_case(text.encode())
    assert near is not None
    assert (near.line, message in near.message) == (line, True), near.message


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
    assert nearly_a_case(textwrap.dedent(text).encode()) is None
