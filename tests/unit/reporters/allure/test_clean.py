"""`--allure-clean` empties results, and nothing but results (W8)."""

import pytest

from pytest_sisyphus.reporters.allure.clean import NotOnlyResults, clean

RESULTS = [
    "0b1e-result.json",
    "0b1e-container.json",
    "0b1e-attachment.json",
    "0b1e-attachment",
    "categories.json",
    "executor.json",
    "environment.properties",
    "history/history.json",
]


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "allure"
    for name in RESULTS:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    return folder


def test_results_are_removed(folder):
    clean(folder)

    assert list(folder.iterdir()) == []


def test_a_folder_that_is_not_there_is_clean(tmp_path):
    clean(tmp_path / "nothing")

    assert not (tmp_path / "nothing").exists()


@pytest.mark.parametrize(
    "foreign",
    ["notes.txt", "data.json", "result.json", "src/main.py", "history/mine.txt", ".git/x"],
)
def test_anything_else_keeps_everything(folder, foreign):
    (folder / foreign).parent.mkdir(parents=True, exist_ok=True)
    (folder / foreign).touch()

    with pytest.raises(NotOnlyResults, match="is no Allure result"):
        clean(folder)
    assert all((folder / name).exists() for name in (*RESULTS, foreign))


def test_a_link_is_no_result(folder, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "kept.json").touch()
    (folder / "history" / "history.json").unlink()
    (folder / "history").rmdir()
    (folder / "history").symlink_to(tmp_path / "elsewhere")

    with pytest.raises(NotOnlyResults):
        clean(folder)
    assert (tmp_path / "elsewhere" / "kept.json").exists()
