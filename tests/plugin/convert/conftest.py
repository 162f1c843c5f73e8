import re

import pytest
from echo_server import echo_server

from pytest_sisyphus import run_cases
from pytest_sisyphus.cli.convert import convert

#: files to be converted.
collect_ignore = ["older"]


class Ended:
    def __init__(self, code, said, text):
        self.code, self.said, self.text = code, said, text


@pytest.fixture(scope="session")
def recorder():
    with echo_server() as server:
        yield server


@pytest.fixture
def converted(tmp_path, capsys):
    """Convert a text; its exit code, account, and the file written, which is valid."""

    def call(text, *options, name="old.yaml"):
        old, new = tmp_path / name, tmp_path / "new.yaml"
        old.write_text(text, encoding="utf-8")
        code = convert(["engine", str(old), "-o", str(new), *options])
        written = new.read_text("utf-8") if new.exists() else None
        said = capsys.readouterr().err
        for figures in re.findall(r"(\d+) values?: (\d+) used, (\d+) left out, (\d+) not", said):
            assert int(figures[0]) == sum(map(int, figures[1:])), said
        return Ended(code, said, written)

    return call


@pytest.fixture
def sent(converted, tmp_path, recorder):
    """What a converted file sends: method, target, body; and how its cases ended."""

    def call(text, **options):
        text = text.replace("HOST", recorder.url)
        ended = converted(text, **options)
        assert ended.text is not None, ended.said
        before = len(recorder.requests)
        reports = run_cases(tmp_path / "new.yaml", root=tmp_path)
        asked = recorder.requests[before:]
        return asked, [str(one.status) for one in reports], ended

    return call
