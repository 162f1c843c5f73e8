"""`env_file` and `--sisyphus-env-file`: variables under those of the environment."""

from pathlib import Path

import pytest

CASE = """
name: c
config:
  {config}
  base_url: http://x.test
  env_vars: {{prefix: SHOP_, load_from_os: true, mapping: {{mapped: OTHER}}}}
steps:
- name: s
  type: poll
  until: "true"
  request:
    url: /x
    mock: {{enabled: true, rules: [{{request: {{url: .*}}, response: {{body: "{said}"}}}}]}}
  extractors: {{v: $}}
"""


@pytest.fixture
def value(run_yaml, monkeypatch):
    """What an expression is in a case of the folder `api`."""
    monkeypatch.delenv("SHOP_A", raising=False)

    def value(said, *args, config="env_file: shop.env", **files):
        for name, text in files.items():
            path = Path(name.replace("__", "/").replace("_env", ".env"))
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
        Path("api").mkdir(exist_ok=True)
        Path("api/case.yaml").write_text(CASE.format(config=config, said=said))
        run = run_yaml(None, *args)
        if not run.documents or "extracted_vars" not in run.steps.get("s", {}):
            return run.stdout + run.result.stderr.str()
        return run.steps["s"]["extracted_vars"]["v"]

    return value


SAID = "${[env.SHOP_A, env('SHOP_A'), a, mapped]}"


def test_they_are_where_the_environment_is(value):
    assert value(SAID, api__shop_env="SHOP_A=1\nOTHER=2\n") == ["1", "1", "1", "2"]


def test_one_that_is_not_utf_8_is_told_of(value, pytester):
    (pytester.path / "api").mkdir()
    (pytester.path / "api" / "shop.env").write_bytes("SHOP_A=价格\n".encode("gbk"))

    said = value(SAID)

    assert "not UTF-8: invalid " in said
    assert "; it reads as GBK: save it as UTF-8" in said


def test_the_real_environment_goes_over_it(value, monkeypatch):
    monkeypatch.setenv("SHOP_A", "real")

    assert value(SAID, api__shop_env="SHOP_A=1\nOTHER=2\n") == ["real", "real", "real", "2"]


def test_the_option_replaces_the_key(value):
    files = {"api__shop_env": "SHOP_A=key\nOTHER=2\n", "other_env": "SHOP_A=option\n"}

    assert value("${[env.SHOP_A, 'OTHER' in env]}", "--sisyphus-env-file=other.env", **files) == [
        "option",
        False,
    ]


def test_what_the_key_names_need_not_be_there_then(value):
    args = "${env.SHOP_A}", "--sisyphus-env-file=other.env"

    assert value(*args, other_env="SHOP_A=option\n") == "option"


def test_workers_have_it_too(value):
    args = "${env.SHOP_A}", "-p", "xdist", "-n1", "--sisyphus-env-file=other.env"

    assert value(*args, other_env="SHOP_A=option\n") == "option"


def test_only_what_is_allowed_is_read(value):
    said = value("${['A' in env, env.B]}", "-o", "sisyphus_env_allow=B", api__shop_env="A=1\nB=2\n")

    assert said == [False, "2"]


def test_its_name_may_be_a_template(value):
    config = "{active_profile: st, profiles: {st: {}}, env_file: '${active_profile}.env'}"

    assert value("${env.A}", config=config[1:-1].replace(", ", "\n  "), api__st_env="A=st") == "st"


def test_project_configuration_names_one_beside_it(value):
    Path("sisyphus.yaml").write_text("env_file: root.env\n")

    assert value("${env.A}", config="variables: {}", root_env="A=root\n") == "root"


def test_secrets_in_it_are_masked(value):
    assert value("${env.A}", api__shop_env="A=hunter22\nDB_PASSWORD=hunter22\n") == "***"


@pytest.mark.parametrize(
    ("config", "text", "said"),
    [
        (
            "env_file: none.env",
            None,
            "api/case.yaml:4:13: there is no file 'none.env' for env_file",
        ),
        ("env_file: ../../x.env", None, "api/case.yaml:4:13: '../../x.env' lies outside of "),
        ("env_file: 5", None, "api/case.yaml:4:13: env_file is the path of a .env file, got 5"),
        ("env_file: ''", None, "api/case.yaml:4:13: env_file is the path of a .env file, got"),
        ("env_file: [a, b]", None, "api/case.yaml:4:13: env_file is the path of a .env file"),
        ("env_fille: shop.env", None, "unknown key 'env_fille'; did you mean 'env_file'?"),
        ("env_file: shop.env", "A=1\nB", "api/shop.env:2:1: expected NAME=VALUE; a name has"),
        ("env_file: shop.env", "A=${B}", "api/shop.env:1:1: the value of A holds $…"),
        ("env_file: '${name}.env'\n  variables: {name: x}", None, "there is no file 'x.env'"),
    ],
)
def test_what_is_wrong_with_it(value, config, text, said):
    files = {} if text is None else {"api__shop_env": text}

    assert said in value("${1}", config=config, **files)


@pytest.mark.parametrize(
    ("option", "said"),
    [
        ("none.env", "--sisyphus-env-file: none.env:1: cannot be read: No such file or directory"),
        ("../x.env", "../x.env lies outside of "),
        ("wrong.env", "--sisyphus-env-file: wrong.env:1: expected NAME=VALUE"),
    ],
)
def test_what_is_wrong_with_the_options_ends_the_run(value, option, said):
    assert said in value("${1}", f"--sisyphus-env-file={option}", wrong_env="hunter22\n")


@pytest.mark.parametrize(
    "args", [["--sisyphus-env-file", "../x.env"], ["--sisyphus-env-file=../x.env"]]
)
def test_the_option_does_not_make_its_folder_the_root(value, monkeypatch, args):
    Path("x.env").write_text("SHOP_A=1\n")
    Path("project").mkdir()
    monkeypatch.chdir("project")

    assert "x.env lies outside of " in value("${1}", *args)


@pytest.mark.parametrize("more", [["--rootdir=.."], [".."], ["-c", "../pytest.ini"]])
def test_what_is_said_to_be_the_root_is_it(value, monkeypatch, more):
    Path("x.env").write_text("SHOP_A=1\n")
    Path("pytest.ini").write_text("[pytest]\n") if "-c" in more else None
    Path("project").mkdir()
    monkeypatch.chdir("project")

    assert value("${env.SHOP_A}", "--sisyphus-env-file", "../x.env", *more) == "1"
