"""`sisyphus-api-validate --schema --vscode`."""

import json

import pytest

from pytest_sisyphus.cli import commands
from pytest_sisyphus.i18n import language_set_back

pytestmark = pytest.mark.slow

FILES = [
    ".sisyphus-schema.json",
    ".sisyphus-project-schema.json",
    ".vscode/settings.json",
    ".vscode/extensions.json",
]


@pytest.fixture
def vscode(pytester, capfd, monkeypatch):
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    (pytester.path / "pytest.ini").write_text("[pytest]\n")

    def call(*args):
        code = commands.validate(["--schema", "--vscode", *args])
        return code, *capfd.readouterr()

    with language_set_back():
        yield call


def loaded(pytester, name):
    return json.loads((pytester.path / name).read_text("utf-8"))


def test_it_writes_what_vscode_needs_and_says_what_changed(vscode, pytester):
    (pytester.path / "cases").mkdir()

    assert vscode("--lang", "zh")[:2] == (0, "".join(f"{name}\n" for name in FILES))

    settings = loaded(pytester, ".vscode/settings.json")
    assert settings["yaml.schemas"][FILES[0]][:2] == ["cases/**/*.yaml", "cases/**/*.yml"]
    assert [*settings["yaml.schemas"]] == FILES[:2]
    assert settings["yaml.customTags"] == ["!include scalar"]
    assert loaded(pytester, FILES[0])["title"] == "pytest-sisyphus 的用例"
    assert loaded(pytester, FILES[1])["title"] == "pytest-sisyphus 的项目配置"
    assert "redhat.vscode-yaml" in loaded(pytester, FILES[3])["recommendations"]
    assert vscode("--lang", "zh")[:2] == (0, "")


@pytest.mark.parametrize(
    ("paths", "patterns"),
    [
        ((), ["*.yaml", "*.yml"]),
        (("api", "smoke.yaml"), ["api/**/*.yaml", "api/**/*.yml", "smoke.yaml"]),
    ],
)
def test_cases_are_where_the_paths_say(vscode, pytester, paths, patterns):
    (pytester.path / "api").mkdir()
    (pytester.path / "smoke.yaml").touch()

    vscode(*paths)

    schemas = loaded(pytester, ".vscode/settings.json")["yaml.schemas"]
    assert schemas[FILES[0]][: len(patterns) + 1] == [*patterns, "!**/sisyphus.yaml"]


def test_what_is_there_stays(vscode, pytester):
    path = pytester.path / ".vscode/settings.json"
    path.parent.mkdir()
    path.write_text('{\n  // mine\n  "yaml.schemas": {"o.json": "o.yaml"}\n}\n', "utf-8")

    assert vscode()[0] == 0

    text = path.read_text("utf-8")
    assert "  // mine\n" in text
    settings = json.loads(text.replace("// mine", ""))
    assert settings["yaml.schemas"].keys() == {*FILES[:2], "o.json"}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b'{"yaml.schemas": []}', "'yaml.schemas' is not an object"),
        (b"{", "line 1, column 2: unexpected its end"),
        (b'{"\xff": 1}', "it is no UTF-8"),
    ],
)
def test_settings_that_cannot_be_read_are_left_as_they_are(vscode, pytester, content, said):
    path = pytester.path / ".vscode/settings.json"
    path.parent.mkdir()
    path.write_bytes(content)

    code, out, err = vscode()

    assert (code, out) == (1, "")
    assert err.endswith(f".vscode/settings.json: {said}; nothing was written\n")
    assert path.read_bytes() == content
    assert [name for name in FILES if (pytester.path / name).exists()] == [FILES[2]]


def test_a_file_in_the_place_of_the_folder_is_said_before_anything_is_written(vscode, pytester):
    (pytester.path / ".vscode").touch()

    code, out, err = vscode("--lang", "zh")

    assert (code, out) == (1, "")
    assert err.endswith(".vscode：文件已存在；没有写入任何文件\n")
    assert [name for name in FILES if (pytester.path / name).exists()] == []


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["--vscode", "."], "--vscode needs --schema"),
        (["--schema", "--vscode", ".", "casse"], "there is no file or folder 'casse'"),
        (
            ["--schema", "--project-schema", "--vscode"],
            "--schema and --project-schema do not go together",
        ),
    ],
)
def test_arguments_that_mean_nothing_together_are_refused(vscode, pytester, capfd, args, said):
    with pytest.raises(SystemExit) as raised:
        commands.validate(args)

    assert raised.value.code == 4
    assert said in capfd.readouterr().err
    assert [path.name for path in pytester.path.iterdir()] == ["pytest.ini"]
