"""What keeps the rows of a file from being read, and where."""

import pytest
from languages import assert_chinese

from pytest_sisyphus.errors import ConfigError
from pytest_sisyphus.source.rows import csv_rows, json_rows, row_ids
from pytest_sisyphus.spec.data_source import DataSource

#: (how it is read, keys of the data source, the file's bytes, what is said)
REFUSED = [
    (csv_rows, {"delimiter": ";;"}, b"a", "delimiter is one character, not ';;'"),
    (csv_rows, {"encoding": "utf-9"}, b"a", "no encoding 'utf-9'; known: utf-8, gbk, latin-1, …"),
    (csv_rows, {}, b"a\n\xff", "a/rows:2: not utf-8: invalid start byte"),
    (
        csv_rows,
        {},
        "a\n中文\n".encode("gbk"),
        "a/rows:2: not utf-8: invalid continuation byte; its bytes read as gbk: encoding: gbk",
    ),
    (csv_rows, {"encoding": "gbk"}, b"a\n\xff", "a/rows:2: not gbk: incomplete multibyte sequence"),
    (csv_rows, {}, b"a,b\n1\n", "a/rows:2: the row has 1 values, the columns are 2 (a, b)"),
    (
        csv_rows,
        {},
        "a，b\n1,2\n".encode(),
        "a/rows:1: there is one column, 'a，b'; '，' is a full-width comma: write ','",
    ),
    (
        csv_rows,
        {},
        "a,b\n1，2\n".encode(),
        "a/rows:2: the row has 1 values, the columns are 2 (a, b); '，' is a full-width comma",
    ),
    (csv_rows, {}, b"a,a\n1,2", "a/rows:1: two columns are called 'a'"),
    (csv_rows, {}, b"a,\n1,2", "a/rows:1: a column has no name"),
    (csv_rows, {}, b'a\n"x" y\n', "a/rows:2: ',' expected after '\"'"),
    (json_rows, {}, b"{", "a/rows is not JSON: Expecting property name enclosed in double quotes"),
    (json_rows, {}, b"[}", "a/rows is not JSON: Expecting value: line 1 column 2 (char 1)"),
    (json_rows, {"data_key": "data.user"}, b'{"data": {"users": []}}', "a/rows has no 'data.user'"),
    (json_rows, {}, b"{}", "the rows of a/rows are a list of mappings, not a mapping"),
    (json_rows, {}, b'[{"a": 1}, 5]', "row 2 of a/rows is no mapping but 5"),
]


def problem_of(folder, read, keys, content):
    path = folder / "rows"
    path.write_bytes(content)
    with pytest.raises(ConfigError) as error:
        read(DataSource.model_construct(type="csv", file_path="rows", **keys), path, "a/rows")
    return str(error.value)


@pytest.mark.parametrize(("read", "keys", "content", "said"), REFUSED)
def test_what_is_said(tmp_path, read, keys, content, said):
    assert problem_of(tmp_path, read, keys, content).startswith(said)


def test_each_is_said_in_chinese_as_well(tmp_path, set_to_chinese):
    for number, (read, keys, content, _) in enumerate(REFUSED):
        folder = tmp_path / str(number)
        folder.mkdir()
        assert_chinese(problem_of(folder, read, keys, content))


@pytest.mark.parametrize(
    ("keys", "content"),
    [({}, "id,金额（元，含税）\n1,2\n"), ({"delimiter": "，"}, "id，金额（元；含税）\n1，2\n")],
)
def test_a_full_width_comma_may_be_meant(tmp_path, keys, content):
    path = tmp_path / "rows"
    path.write_text(content, encoding="utf-8")
    source = DataSource.model_construct(type="csv", file_path="rows", **keys)

    assert len(csv_rows(source, path, "a/rows")[0]) == 2


def test_two_rows_of_one_name(set_to_chinese):
    with pytest.raises(ConfigError) as error:
        row_ids([{"id": "a"}, {"name": "b"}, {"id": "a"}], "rows.csv")

    assert str(error.value) == (
        "rows.csv 的第 1 行和第 3 行都叫 'a'（名称取自 id、name、case 中最先出现的列）"
    )
