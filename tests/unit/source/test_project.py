"""Project configuration: how the files are merged, and what is said of one that is wrong."""

import pytest

from pytest_sisyphus import CaseText, SpecError, run_cases

ECHO = """
mock:
  rules:
    - request: {url: .*}
      response: {body: {headers: "${request.headers}", url: "${request.url}"}}
"""
STEP = "steps: [{name: s, url: /x, validations: [{status_code: 200}]}]\n"


@pytest.fixture
def folder(tmp_path):
    """`folder(sisyphus__yaml=…, api__sisyphus__yaml=…)`: writes files, returns their folder."""

    def write(**files):
        for name, text in files.items():
            *folders, stem, suffix = name.split("__")
            path = tmp_path.joinpath(*folders, f"{stem}.{suffix}")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return tmp_path

    return write


@pytest.fixture
def value(folder):
    """What an expression is in a case of the folder `api`."""

    def value(expression, config="{}", profile=None, **files):
        root = folder(**files)
        case = CaseText(
            f"name: c\nconfig: {config}\nsteps:\n- name: s\n  type: poll\n"
            f"  request: {{url: http://x.test, mock: {{enabled: true, rules: [{{request: {{url: .*}},"
            f" response: {{body: {{v: '{expression}'}}}}}}]}}}}\n  until: 'true'\n"
            "  extractors: {v: $.v}\n",
            path="api/case.yaml",
        )
        (report,) = run_cases(case, root=root, profile=profile)
        assert report.error is None
        return report.steps[0].extracted["v"]

    return value


FAR = """
base_url: http://far.test
headers: {X-Far: "1", accept: text/plain}
variables: {a: far, b: far, c: far, deep: {far: 1}}
profiles:
  dev: {base_url: http://dev.far.test, api: v1, variables: {d: far, e: far}, headers: {X-P: far}}
  only_far: {base_url: http://only.far.test}
mask: [colour]
"""
NEAR = """
headers: {Accept: application/json}
variables: {b: near, c: near, deep: {near: 2}}
profiles:
  dev: {api: v2, variables: {e: near}, headers: {x-p: near}}
mask: shade
"""
FILES = {"sisyphus__yaml": FAR, "api__sisyphus__yaml": NEAR}


@pytest.mark.parametrize(
    ("expression", "made"),
    [
        ("${[a, b, c]}", ["far", "near", "case"]),
        ("${base_url}", "http://far.test"),
        ("${config.headers}", {"X-Far": "1", "Accept": "application/json"}),
        ("${deep}", {"near": 2}),
        ("${config.profiles.only_far.base_url}", "http://only.far.test"),
        ("${config.profiles.dev.base_url}", "http://dev.far.test"),
        ("${config.profiles.dev.api}", "v2"),
        ("${config.profiles.dev.variables}", {"d": "far", "e": "near"}),
        ("${config.profiles.dev.headers}", {"x-p": "near"}),
        ("${config.mask}", ["colour", "shade", "tone"]),
    ],
)
def test_nearer_goes_over_farther(value, expression, made):
    assert value(expression, "{variables: {c: case}, mask: tone}", **FILES) == made


def test_a_profile_is_chosen_in_all_of_them(value):
    assert value("${[base_url, api, d, e]}", profile="dev", **FILES) == [
        "http://dev.far.test",
        "v2",
        "far",
        "near",
    ]


def test_a_case_without_config_has_all_of_it(folder):
    root = folder(sisyphus__yaml="variables: {a: 1}\nbase_url: http://x.test\n" + ECHO.lstrip())
    case = CaseText("name: c\nsteps: [{name: s, url: '/${a}', extractors: {u: $.url}}]")

    (report,) = run_cases(case, root=root)

    assert report.steps[0].extracted["u"] == "http://x.test/1"


def test_an_include_in_it(value):
    text = "variables: !include common/vars.yaml\n"

    assert value("${a}", sisyphus__yaml=text, common__vars__yaml="{a: included}") == "included"


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "---\n", "~\n", "{}\n"])
def test_an_empty_one_is_fine(value, text):
    assert value("${1}", sisyphus__yaml=text) == 1


def test_a_sqlite_file_is_beside_the_file_that_names_it(folder):
    root = folder(sisyphus__yaml="databases: {default: 'sqlite:///data.db'}\n")
    case = CaseText(
        "name: c\nsteps: [{name: s, type: database, database: default, operation: script,"
        " sql: 'create table t (a)'}]",
        path="api/deep/case.yaml",
    )

    (report,) = run_cases(case, root=root)

    assert report.error is None
    assert (root / "data.db").is_file()


WRONG = {
    "[1]": "1:1: project configuration is a mapping with the keys of config, not a list",
    "text": '1:1: project configuration is a mapping with the keys of config, not "text"',
    "a: 1\n---\nb: 2": "3:1: project configuration is one mapping: here a second YAML document "
    "begins",
    "config: {base_url: http://x.test}": "1:1: the file is the config itself: write its keys at "
    "the top level, without 'config' (at config)",
    "data_source: [{a: 1}]": "1:1: rows belong to one case: write data_source in that case's "
    "config (at data_source)",
    "variable: {a: 1}": "1:1: unknown key 'variable'; did you mean 'variables' or "
    "'variable_prefix'? (at variable)",
    "base-url: http://x.test": "1:1: unknown key 'base-url'; did you mean 'base_url'? "
    "(at base-url)",
    "steps: []": "1:1: a file of this name is project configuration; a case needs a file of "
    "another name (at steps)",
    "tags: [smoke]": "1:1: unknown key 'tags' here; it belongs in the top level of the case "
    "(at tags)",
    "base_url: x.test": '1:11: a base_url begins with http:// or https://, got "x.test" '
    "(at base_url)",
    "headers: [a]": "1:10: expected a mapping, got a list; for example headers: "
    "{Accept-Language: en} (at headers)",
    "timeout: {conect: 1}": "1:11: unknown key 'conect'; did you mean 'connect'? "
    "(at timeout.conect)",
    "profiles: {dev: {timeout: -1}}": "1:27: input should be greater than 0, got -1 "
    "(at profiles.dev.timeout)",
    "stop_on_failure: maybe": '1:18: expected true or false, got "maybe" (at stop_on_failure)',
    "variables: {a: '${uuidd()}'}": "1:16: no function 'uuidd'; did you mean 'uuid' or 'uuid4'? "
    "(at variables.a)",
    "a: [": "2:1: not YAML: did not find expected node content while parsing a flow node",
    "variables: {a: 1, a: 2}": "1:19: key 'a' stands twice; it is first in line 1",
}


@pytest.mark.parametrize(("text", "said"), WRONG.items(), ids=range(len(WRONG)))
def test_what_is_wrong_with_it_is_said_with_its_place(folder, text, said):
    root = folder(api__sisyphus__yaml=text, api__case__yaml=f"name: c\n{STEP}")

    with pytest.raises(SpecError) as error:
        run_cases(root / "api", root=root)

    assert str(error.value) == f"api/sisyphus.yaml:{said}"


def test_mistakes_are_said_once_however_many_cases_are_below(folder):
    files = {f"case{number}__yaml": f"name: c\n{STEP}" for number in range(5)}
    root = folder(sisyphus__yaml="a: 1\nb: 2\n", **files)

    with pytest.raises(SpecError) as error:
        run_cases(root, root=root)

    assert [one.key_path for one in error.value.diagnostics] == ["a", "b"]


def test_a_mistake_that_a_case_makes_with_it_names_the_file_of_each_value(folder):
    root = folder(sisyphus__yaml="active_profile: devv\n")
    case = CaseText(f"name: c\nconfig:\n  profiles: {{dev: {{}}}}\n{STEP}")

    with pytest.raises(SpecError, match=r"^sisyphus\.yaml:1:17: there is no profile 'devv'; did"):
        run_cases(case, root=root)


def test_it_is_no_case_itself(folder):
    text = f"name: c\n{STEP}"
    root = folder(sisyphus__yaml=text, case__yaml="name: other\n" + STEP)

    with pytest.raises(SpecError, match=r"sisyphus\.yaml:1:1: this is project configuration"):
        run_cases(root / "sisyphus.yaml", root=root)
    with pytest.raises(SpecError, match="a case needs a file of another name"):
        run_cases(root, root=root)


def test_secrets_in_a_complaint_are_masked(folder):
    root = folder(sisyphus__yaml="databases: {a: {url: 1, password: hunter2hunter2}}\n")

    with pytest.raises(SpecError) as error:
        run_cases(CaseText(f"name: c\n{STEP}"), root=root)

    assert "hunter2" not in str(error.value)
