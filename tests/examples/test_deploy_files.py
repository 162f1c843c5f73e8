"""What lies under deploy/ is well-formed, and names only what there is."""

import configparser
import re
import shlex
import shutil
import subprocess
import tomllib
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
import yaml

from orchestrator.cli.commands import parser
from orchestrator.config.settings import OPTIONS
from orchestrator.runners.jenkins.runner import JenkinsSettings, parameters_of
from orchestrator.runners.protocol import Job
from orchestrator.secrets import Secret

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"


def text_of(name):
    return (DEPLOY / name).read_text("utf-8")


def environment_of(names):
    return {name for name in names if name.startswith("SISYPHUS_")}


KNOWN_ENVIRONMENT = {f"SISYPHUS_{name.upper()}" for name in OPTIONS}


@pytest.fixture(scope="module")
def sent():
    job = Job(
        execution_id=1,
        shard_id=1,
        shard_index=2,
        shard_total=3,
        execution_no="AE1",
        trigger_type=2,
        env_code="st",
        run_mode=1,
        job_name=None,
        callback_token=Secret("t"),
        base_url="",
        console_url="",
        report_url="",
    )
    settings = JenkinsSettings(base_url="http://127.0.0.1:8000")
    return list(parameters_of(job, settings))


def parameters_of_jenkinsfile():
    block = re.search(r"parameters \{(.*?)\n    \}", text_of("Jenkinsfile"), re.DOTALL)[1]
    return {name: kind for kind, name in re.findall(r"(\w+)\(name: '(\w+)'", block)}


def parameters_of_job():
    tree = ET.fromstring(text_of("config.xml"))
    found = tree.iterfind(".//parameterDefinitions/*")
    return {
        one.findtext("name"): re.search(r"model\.(\w+)ParameterDefinition", one.tag)[1].lower()
        for one in found
    }


@pytest.mark.parametrize("declared", [parameters_of_jenkinsfile, parameters_of_job])
def test_jobs_declare_what_the_runner_sends_and_the_token_as_a_password(declared, sent):
    kinds = declared()
    assert list(kinds) == sent
    assert {name for name, kind in kinds.items() if kind == "password"} == {"CALLBACK_TOKEN"}


def test_the_manual_lists_the_same_parameters(sent):
    manual = (ROOT / "docs/en/jenkins.md").read_text("utf-8")
    assert re.findall(r"^\| `([A-Z_]+)` \|", manual, re.MULTILINE) == sent


def test_the_job_takes_its_pipeline_from_here_and_allows_concurrent_builds():
    job = ET.fromstring(text_of("config.xml"))
    assert (ROOT / job.findtext(".//scriptPath")).is_file()
    assert job.tag == "flow-definition"
    assert "DisableConcurrentBuilds" not in text_of("config.xml")


def test_the_jenkinsfile_is_whole_and_lets_no_secret_into_groovy():
    text = text_of("Jenkinsfile")
    code = re.sub(r"'''.*?'''|'[^'\n]*'|//[^\n]*", "", text, flags=re.DOTALL)
    for opening, closing in ("{}", "()", "[]"):
        assert code.count(opening) == code.count(closing)
    for part in ("pipeline {", "agent { label 'sisyphus' }", "stages {", "post {", "junit "):
        assert part in text
    assert "CALLBACK_TOKEN" not in code
    assert '"""' not in text  # Groovy would paste values into the script


def test_the_jenkinsfiles_shell_steps_are_shell_and_use_options_that_exist():
    steps = re.findall(r"'''(.*?)'''", text_of("Jenkinsfile"), re.DOTALL)
    assert len(steps) == 2
    for step in steps:
        checked = subprocess.run(["sh", "-n", "-c", step], capture_output=True, check=False)
        assert checked.returncode == 0, checked.stderr
    from pytest_sisyphus.config.options import DECLARED

    used = set(re.findall(r"--sisyphus-[a-z-]+", "".join(steps)))
    assert used
    assert used <= {option.flag for option in DECLARED}


def test_the_compose_file_names_options_and_files_that_exist():
    compose = yaml.safe_load(text_of("compose.yaml"))
    service, database = compose["services"]["sisyphus"], compose["services"]["database"]
    assert environment_of(service["environment"]) <= KNOWN_ENVIRONMENT
    assert (DEPLOY / service["build"]["context"] / service["build"]["dockerfile"]).is_file()
    assert service["depends_on"]["database"]["condition"] == "service_healthy"
    assert "healthcheck" in database
    assert {*service["secrets"], *database["secrets"]} == set(compose["secrets"])
    for one, form in ((service, "@/run/secrets/{}"), (database, "/run/secrets/{}")):
        for secret in one["secrets"]:
            assert form.format(secret) in one["environment"].values()
    given = [*service["environment"].values(), *database["environment"].values()]
    assert not [text for text in given if "PASSWORD" in str(text)]  # none by the environment
    volumes = [v.partition(":")[0] for s in (service, database) for v in s["volumes"]]
    assert set(volumes) == set(compose["volumes"])


def test_the_container_file_copies_what_there_is_and_starts_the_service():
    lines = text_of("Containerfile").replace("\\\n", " ").splitlines()
    words = [shlex.split(line, posix=False) for line in lines if line and line[0] != "#"]
    copied = [w[1:-1] for w in words if w[0] == "COPY" and not w[1].startswith("--from")]
    assert all((ROOT / name).exists() for names in copied for name in names)
    assert environment_of(re.findall(r"SISYPHUS_\w+", text_of("Containerfile"))) <= (
        KNOWN_ENVIRONMENT
    )
    extras = set(re.search(r"'\.\[(.*?)\]'", text_of("Containerfile"))[1].split(","))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert extras <= set(project["optional-dependencies"])
    assert ["ENTRYPOINT", '["sisyphus-orchestrator"]'] in words
    assert "sisyphus-orchestrator" in project["scripts"]
    assert ["USER", "sisyphus"] in words


def test_the_unit_has_its_sections_and_starts_the_service_with_options_that_exist():
    unit = configparser.RawConfigParser(strict=False, comment_prefixes="#")
    unit.optionxform = str
    unit.read_string(text_of("sisyphus-orchestrator.service"))
    assert unit.sections() == ["Unit", "Service", "Install"]
    program, *arguments = shlex.split(unit["Service"]["ExecStart"])
    assert Path(program).name == "sisyphus-orchestrator"
    parsed = parser().parse_args(arguments)
    assert parsed.command == "serve"
    assert parsed.config == "/etc/sisyphus/sisyphus.toml"
    assert parsed.jenkins_token.startswith("@%d/")


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="there is no systemd here")
def test_systemd_itself_finds_nothing_wrong(tmp_path):
    text = text_of("sisyphus-orchestrator.service").replace("/opt/sisyphus/bin/", "/usr/bin/env ")
    path = tmp_path / "sisyphus-orchestrator.service"
    path.write_text(text.replace("User=sisyphus", "User=root"))
    done = subprocess.run(
        ["systemd-analyze", "verify", str(path)], capture_output=True, text=True, check=False
    )
    assert "sisyphus-orchestrator.service:" not in done.stderr


def test_the_toml_file_holds_options_that_exist_with_values_they_take():
    for name, value in tomllib.loads(text_of("sisyphus.toml")).items():
        OPTIONS[name.replace("-", "_")].parse(str(value))


def test_the_proxy_lets_events_through_and_whole_batches():
    text = re.sub(r"#.*", "", text_of("nginx.conf"))
    assert text.count("{") == text.count("}")
    statements = [line.strip() for line in text.splitlines() if line.strip()]
    assert all(line.endswith((";", "{", "}")) for line in statements)
    assert "client_max_body_size 8m;" in text
    events = re.search(r"location = (\S+/execution/events) \{(.*?)\}", text, re.DOTALL)
    assert events[1] == "/it/api/automation/execution/events"
    assert "proxy_buffering off;" in events[2]


def test_the_readme_names_every_file():
    named = set(re.findall(r"`([\w.-]+)`", text_of("README.md")))
    assert {path.name for path in DEPLOY.iterdir() if path.is_file()} - {"README.md"} <= named


def test_tox_runs_test_files_that_exist():
    named = re.findall(r"\btests/[\w/.]+", (ROOT / "tox.ini").read_text("utf-8"))

    assert named
    assert [name for name in named if not (ROOT / name).exists()] == []
