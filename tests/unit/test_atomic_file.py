"""Files that appear whole or not at all."""

import os
import stat

import pytest

from pytest_sisyphus.atomic_file import AtomicFile, check_folder, write_atomically


def test_a_reader_sees_the_old_file_until_the_new_one_is_whole(tmp_path):
    path = tmp_path / "report.json"
    path.write_text("old")
    target = AtomicFile(path)
    target.open()
    target.write("new")

    before = path.read_text()
    target.commit()

    assert (before, path.read_text()) == ("old", "new")
    assert list(tmp_path.iterdir()) == [path]


def test_a_discarded_report_leaves_the_old_one_and_nothing_else(tmp_path):
    path = tmp_path / "report.json"
    path.write_text("old")
    target = AtomicFile(path)
    target.open()
    target.write("new")

    target.discard()
    target.discard()

    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_report_that_is_complete_cannot_be_discarded(tmp_path):
    write_atomically(tmp_path / "a", "text")
    target = AtomicFile(tmp_path / "b")
    target.open()
    target.commit()

    target.discard()

    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b"]


def test_folders_on_the_way_are_made(tmp_path):
    write_atomically(tmp_path / "a" / "b" / "c.txt", "text")

    assert (tmp_path / "a" / "b" / "c.txt").read_text() == "text"


def test_the_file_has_the_rights_that_any_new_file_has(tmp_path):
    (tmp_path / "plain").touch()

    write_atomically(tmp_path / "report", "text")

    modes = {stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("plain", "report")}
    assert len(modes) == 1


def test_a_link_stays_a_link(tmp_path):
    (tmp_path / "link").symlink_to(tmp_path / "real")

    write_atomically(tmp_path / "link", "text")

    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_text() == "text"


@pytest.mark.parametrize("name", ["folder", "file/report.json"])
def test_a_path_that_cannot_be_is_refused_at_opening(tmp_path, name):
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()

    with pytest.raises(OSError, match=r".+"):
        AtomicFile(tmp_path / name).open()


def test_a_pipe_is_written_as_it_is(tmp_path):
    path = tmp_path / "pipe"
    os.mkfifo(path)
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)

    write_atomically(path, "text")

    assert os.read(reader, 100) == b"text"
    os.close(reader)


def test_a_folder_is_checked_without_a_trace(tmp_path):
    check_folder(tmp_path / "new")

    assert list((tmp_path / "new").iterdir()) == []
