"""Quotes, comments, parameter marks and statement ends in SQL."""

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from pytest_sisyphus.errors import ConfigError
from pytest_sisyphus.sql.tokens import bind_parameters, split_statements, tokens

BACKENDS = ["sqlite", "postgresql", "mysql"]


@pytest.mark.parametrize(
    ("backend", "sql", "parts"),
    [
        ("sqlite", "SELECT 1; SELECT ';'; -- ; \n", ["SELECT 1", "SELECT ';'"]),
        ("sqlite", "", []),
        ("sqlite", " ; ; /* ; */ ;", []),
        (
            "sqlite",
            "CREATE TRIGGER t AFTER INSERT ON a BEGIN DELETE FROM b; DELETE FROM c; END; SELECT 1",
            [
                "CREATE TRIGGER t AFTER INSERT ON a BEGIN DELETE FROM b; DELETE FROM c; END",
                "SELECT 1",
            ],
        ),
        ("sqlite", "SELECT 'it''s; \\'; SELECT 2", ["SELECT 'it''s; \\'", "SELECT 2"]),
        ("mysql", "SELECT 'it\\'s; '; SELECT 2", ["SELECT 'it\\'s; '", "SELECT 2"]),
        ("mysql", "SELECT 1 # ; x\n; SELECT `a;b`", ["SELECT 1 # ; x", "SELECT `a;b`"]),
        (
            "mysql",
            "SELECT 1;\nDELIMITER //\nCREATE PROCEDURE p() BEGIN DO 1; END//\nDELIMITER ;\nDO 3",
            ["SELECT 1", "CREATE PROCEDURE p() BEGIN DO 1; END", "DO 3"],
        ),
        (
            "postgresql",
            "DO $$ BEGIN PERFORM 1; END $$; SELECT $a$;$a$, E'\\';'; SELECT 'x\\'",
            ["DO $$ BEGIN PERFORM 1; END $$", "SELECT $a$;$a$, E'\\';'", "SELECT 'x\\'"],
        ),
    ],
)
def test_a_script_is_split_at_its_statements_ends(backend, sql, parts):
    assert split_statements(sql, backend) == parts


@pytest.mark.parametrize(
    ("backend", "sql", "params", "compiled", "values"),
    [
        ("sqlite", "a = :id", {"id": 1}, "a = :id", {"id": 1}),
        ("sqlite", "a = ':id'", {}, "a = ':id'", {}),
        ("sqlite", "-- :id\na", {}, "-- :id\na", {}),
        ("postgresql", "a::int = :id", {"id": 1}, "a::int = :id", {"id": 1}),
        ("postgresql", "a[1:2]", None, "a[1:2]", {}),
        ("sqlite", "a = ? AND b = '?'", [1], "a = :p0 AND b = '?'", {"p0": 1}),
        ("postgresql", "j ? 'k' AND a = %s", [1], "j ? 'k' AND a = :p0", {"p0": 1}),
        ("mysql", "a %% 2 = %s", [1], "a % 2 = :p0", {"p0": 1}),
        ("mysql", "a LIKE '%s%%'", [], "a LIKE '%s%%'", {}),
        ("mysql", "'12:30' :x", {"x": 1}, "'12:30' :x", {"x": 1}),
    ],
)
def test_marks_become_sqlalchemys(backend, sql, params, compiled, values):
    text, bindings = bind_parameters(sql, params, backend)

    assert str(sa.text(text)) == compiled
    assert bindings == values
    assert set(sa.text(text)._bindparams) == set(values)


@pytest.mark.parametrize(
    ("sql", "params"),
    [("?", []), ("?", [1, 2]), (":a", {}), ("a", {"a": 1}), ("a", 5), ("a", "text")],
)
def test_marks_and_values_must_fit(sql, params):
    with pytest.raises(ConfigError):
        bind_parameters(sql, params, "sqlite")


@given(sql=st.text(alphabet="aE'\"`\\-/*#$:?%;\n\0 1"), backend=st.sampled_from(BACKENDS))
def test_tokens_are_the_whole_text(sql, backend):
    assert "".join(token.text for token in tokens(sql, backend)) == sql


@given(value=st.text(), backend=st.sampled_from(BACKENDS))
def test_an_escaped_value_stays_one_quotation(value, backend):
    doubled = value.replace("\\", "\\\\") if backend == "mysql" else value
    quoted = "'" + doubled.replace("'", "''") + "'"

    assert [token.kind for token in tokens(quoted, backend)] == ["single"]
