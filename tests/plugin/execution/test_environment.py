"""A case runs in the environment that the execution asks for, or it does not run."""

import pytest
from scripted_orchestrator import PULL

PROFILES = """
name: placed
case_id: 1
config:
  active_profile: dev
  profiles: {dev: {}, staging: {}}
steps: [{name: s, type: wait, condition: "true", max_wait: 1}]
---
name: anywhere
case_id: 2
steps: [{name: s, type: wait, condition: "true", max_wait: 1}]
---
name: by row
case_id: 3
config:
  active_profile: dev
  profiles: {dev: {rows: [{a: 1}]}, staging: {rows: [{a: 1}, {a: 2}]}}
  data_source: {type: inline, data: "${rows}"}
steps: [{name: s, type: wait, condition: "true", max_wait: 1}]
---
name: disabled
case_id: 4
enabled: false
config: {profiles: {dev: {}}}
steps: [{name: s, type: wait, condition: "true", max_wait: 1}]
"""


@pytest.fixture
def cases(project, orchestrator):
    (project.root / "c.yaml").write_text(PROFILES)
    orchestrator.want(1, 2, 3, 4)
    return project


@pytest.mark.parametrize(
    ("asked", "statuses"),
    [
        (("dev",), [2, 2, 2, 5]),
        (("staging",), [2, 2, 2, 5]),
        (("",), [2, 2, 2, 5]),
        (("prod",), [4, 2, 4, 5]),
        (("DEV",), [4, 2, 4, 5]),
        (("dev ",), [4, 2, 4, 5]),
        (("prod", "--sisyphus-profile=dev"), [2, 3, 2, 5]),
    ],
)
def test_an_environment_that_is_no_profile_blocks_the_cases_that_have_some(
    cases, orchestrator, asked, statuses
):
    orchestrator.env_code, *options = asked

    cases.run(*options)

    assert list(orchestrator.statuses().values()) == statuses


def test_a_profile_of_the_project_configuration_is_one_of_the_case(project, orchestrator):
    (project.root / "sisyphus.yaml").write_text("profiles: {dev: {ok: 0}, prod: {ok: 1}}\n")
    for number, prod in ((1, 0), (2, 1), (3, 1)):
        (project.root / f"{number}.yaml").write_text(
            f"name: c\ncase_id: {number}\nconfig: {{profiles: {{stage: {{ok: 1}}}}}}\nsteps:\n"
            f"- {{name: s, type: wait, condition: 'ok == {prod}', max_wait: 0.01}}\n"
        )
    orchestrator.want(1, 2, 3)
    orchestrator.env_code = "prod"
    project.run()
    assert orchestrator.statuses() == {1: 3, 2: 2, 3: 2}


def test_workers_know_the_environment_too(cases, orchestrator):
    orchestrator.env_code, orchestrator.run_mode = "prod", 2

    cases.run()

    assert list(orchestrator.statuses().values()) == [4, 2, 4, 5]


def test_the_message_names_the_profiles_and_what_comes_near(cases, orchestrator):
    orchestrator.env_code = "stagin"

    cases.run("--sisyphus-report=json:out.json", "--sisyphus-report=junit:out.xml")

    said = (
        "c.yaml:6: the execution runs in environment 'stagin', which is no profile of this case; "
        "its profiles: dev, staging; did you mean 'staging'?"
    )
    assert said in orchestrator.final(1)["errorMessage"]
    assert "pytest_sisyphus" not in orchestrator.final(1)["stackTrace"]
    for report in ("out.json", "out.xml"):
        text = (cases.root / report).read_text().replace("&#x27;", "'").replace("&apos;", "'")
        assert said in text
    assert PULL in orchestrator.paths()
