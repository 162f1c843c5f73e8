"""What stands beside a secret, and what a cut leaves of one."""

import json

import pytest

from pytest_sisyphus.redact.redactor import Redactor

SECRET = "Zq7Kw4-Xy9Tt2"
LONG = "".join(chr(65 + i % 26) + str(i) for i in range(100))


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("got aa Zq7K…", "got aa ***…"),
        ("…Xy9Tt2 and on", "…*** and on"),
        ("aZq7Kw4-Xy9Tt…", "a***…"),
        ("…q7Kw4-Xy9Tt2b…", "…***b…"),
        (f"…{LONG[40:160]}… (at x)", "…***… (at x)"),
        (f"{LONG[:120]}…{LONG[-60:]}", "***…***"),
        ("Zq7…", "Zq7…"),  # too little to tell it by
        ("Zq7Kw4- … Xy9Tt2", "Zq7Kw4- … Xy9Tt2"),
        ("a…b…c", "a…b…c"),
        ("…", "…"),
        (f"{SECRET}…{SECRET}", "***…***"),
    ],
)
def test_a_piece_beside_a_cut(text, masked):
    assert Redactor(secret_values=[SECRET, LONG]).text(text) == masked


def test_a_text_full_of_dots_takes_no_time():
    text = "Zq7K…" * 200_000

    assert Redactor(secret_values=[SECRET, LONG]).text(text).startswith("***…***…")


@pytest.mark.parametrize("before", range(88, 121, 4))
@pytest.mark.parametrize(
    "check",
    [
        "eq: [$.note, nope]",
        "startswith: [$.note, nope]",
        "eq: [$, {note: nope}]",
        "contains: [$.note, nope]",
        "exists: [$.note, false]",
        "match: [$, {note: nope}]",
        "assert: response.body.note == 'nope'",
    ],
)
def test_of_one_that_is_cut_no_piece_is_left(engine, check, before):
    """Wherever a message is cut: it stands in a text that has no secret's name."""
    ran = engine.run(
        f"""
        - name: s
          url: http://x.test/
          mock: {{rules: [{{response: {{body: {{token: {SECRET}, note: {"=" * before}{SECRET}{"-" * 300}}}}}}}]}}
          validations: [{{{check}}}]
        """
    )

    text = json.dumps(Redactor(secret_values=[SECRET]).data(ran.document))
    assert "***" in text
    assert not any(SECRET[i : i + 4] in text for i in range(len(SECRET) - 3))
