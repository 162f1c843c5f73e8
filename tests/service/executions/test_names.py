"""Names that the configuration has for numbers, and environments that nobody used yet."""

from zoneinfo import ZoneInfo

import pytest
from service_kit import Service

from orchestrator.config.load import load
from orchestrator.errors import StartupError


def data(service, path):
    answer = service.front(path)
    assert answer["code"] == 20000, answer
    return answer["data"]


def test_projects_are_those_of_the_catalogue_named_by_the_configuration(tmp_path):
    with Service(tmp_path, project_names={3: "商城", 9: "支付"}) as service:
        service.catalog(1, 2)
        service.catalog(3, project=4)
        told = data(service, "/project/list")

    assert told == {
        "list": [
            {"project_id": 3, "project_name": "商城", "case_count": 2},
            {"project_id": 4, "project_name": None, "case_count": 1},
            {"project_id": 9, "project_name": "支付", "case_count": 0},
        ],
        "total": 3,
    }


@pytest.mark.every_database
def test_environments_that_are_configured_follow_those_that_were_used(tmp_path, database_url):
    options = {"environments": ("uat", "prod"), "timezone": ZoneInfo("Asia/Shanghai")}
    with Service(tmp_path, database_url=database_url, **options) as service:
        service.plan(1)
        for env in ("uat", "st", "uat"):
            number = service.front_data("/plan/run", {"planId": 2001, "envCode": env})["id"]
            service.front("/execution/cancel", {"executionId": number})
            service.clock.forward(60)
        told = data(service, "/environment/list")

    moment = "2025-09-20T15:3{}:00.000+08:00"
    assert told["total"] == 3
    assert [tuple(row.values()) for row in told["list"]] == [
        ("uat", 3, moment.format(2)),
        ("st", 2, moment.format(1)),
        ("prod", None, None),
    ]


@pytest.mark.parametrize("text", ["shop", "3=", "x=shop", "3=a,4"])
def test_a_name_of_no_project_is_refused(tmp_path, text):
    with pytest.raises(StartupError, match=r"--project-names.*3=shop,4=payments"):
        load({"project_names": text, "project_root": str(tmp_path)}, {})


def test_names_come_from_file_and_command_line(tmp_path):
    file = tmp_path / "s.toml"
    file.write_text('project_names = ["3=商城 一", "4=支付"]\nenvironments = ["st", "uat"]\n')
    settings = load({"config": str(file), "project_root": str(tmp_path)}, {})
    assert settings.project_names == {3: "商城 一", 4: "支付"}
    assert settings.environments == ("st", "uat")
