"""What a check expected under a masked name is masked in its message, where no name stands."""

import json
import re

import pytest

QUOTED = re.compile(r"\$\.users\[[^,]*")
SECRET = "Zq7Kw4-Xy9Tt2"
CASE = """
name: tokens
config: {{mock: {{rules: [{{response: {{body: {{users: [{{id: 1, token: Aa1Bb2-Cc3Dd4}}]}}}}}}]}}}}
steps:
- {{name: s, url: "http://x.test/", validations: [{check}]}}
"""


@pytest.mark.parametrize(
    "check",
    [
        f"{{match: [$, {{users: [{{id: 1, token: {SECRET}}}]}}]}}",
        f"{{eq: [$.users, [{{id: 1, token: {SECRET}}}]]}}",
        f"{{same_members: [$.users, [{{id: 1, token: {SECRET}}}]]}}",
        f"{{each: [$.users, [{{match: [$, {{id: 2, token: {SECRET}}}]}}]]}}",
        f"{{or: [{{match: [$.users[0], {{token: {SECRET}}}]}}]}}",
        f"{{eq: [$.users[0].token, {SECRET}]}}",
        f"{{equals: [$.users[*].token, {SECRET}]}}",
        f"{{in: [$.users[0].token, [abcd, {SECRET}]]}}",
        f"{{same_members: [$.users[*].token, [{SECRET}, other-one]]}}",
        f"{{each: [$.users, [{{eq: [$.token, {SECRET}]}}]]}}",
        f"{{each: [$.users[*].token, [{{or: [{{eq: [$, {SECRET}]}}]}}]]}}",
        f"{{not: [{{ne: [$.users[0].token, {SECRET}]}}]}}",
    ],
)
def test_it_is_masked(run_yaml, check):
    run = run_yaml(CASE.format(check=QUOTED.sub(r'"\g<0>"', check)))

    assert run.outcomes["failed"] == 1
    for text in (run.stdout, json.dumps(run.document)):
        assert "***" in text
        assert SECRET not in text
        assert "Aa1Bb2-Cc3Dd4" not in text


def test_a_schema_describes_values_and_holds_none(run_yaml):
    schema = "{properties: {users: {items: {properties: {token: {type: integer}}}}}}"
    run = run_yaml(CASE.format(check=f"{{schema: [$, {schema}]}}"))

    assert "*** does not keep to type: integer" in run.stdout


def test_what_a_check_that_passes_expects_of_a_masked_value_is_masked(run_yaml):
    run = run_yaml(CASE.format(check=f'{{ne: ["$.users[0].token", {SECRET}]}}'))

    assert run.outcomes["passed"] == 1
    (result,) = run.document["steps"][0]["validations"]
    assert (result["expected"], result["actual"]) == ("***", "***")


def test_names_of_types_lengths_and_other_values_are_no_secrets(run_yaml):
    checks = (
        '{type: ["$.users[0].token", integer]}, {len_eq: ["$.users[0].token", 4096]}, '
        '{eq: ["$.users[?@.token].id", harmless]}'
    )
    run = run_yaml(CASE.format(check=checks))

    for text in ("Expected type integer", "to be 4096", "Expected harmless, but got 1"):
        assert text in json.dumps(run.document)


def test_of_an_xpath_the_names_count_and_not_what_stands_in_brackets(run_yaml):
    secret = f"{{type: eq, source: xml, path: \"//user[@id='1']/@token\", expect: {SECRET}}}"
    public = '{type: eq, source: xml, path: "//user[@token]/@id", expect: harmless}'
    run = run_yaml(CASE.format(check=f"{secret}, {public}"))

    results = run.document["steps"][0]["validations"]
    assert [one["expected"] for one in results] == ["***", "harmless"]


@pytest.mark.parametrize("check", ["eq: [$.token, {}]", "each: [$.l, [{{eq: [$.token, {}]}}]]"])
def test_of_what_is_too_long_to_be_shown_no_part_is_left(run_yaml, check):
    actual, expected = (SECRET * 20, SECRET[::-1] * 20)
    case = CASE.replace("users: [{{id: 1, token: Aa1Bb2-Cc3Dd4}}]", "token: T, l: [{{token: T}}]")
    run = run_yaml(
        case.replace("T,", f"{actual},")
        .replace("T}", f"{actual}}}")
        .format(check=f"{{{check.format(expected)}}}")
    )

    assert "eq did not pass: expected ***, but got ***" in json.dumps(run.document)
    for text in (run.stdout, json.dumps(run.document)):
        assert SECRET not in text
        assert SECRET[::-1] not in text


def test_where_secrets_may_be_shown_long_ones_are(run_yaml):
    check = f'{{eq: ["$.users[0].token", {SECRET * 20}]}}'
    run = run_yaml(CASE.format(check=check), "--sisyphus-show-secrets")

    assert f"Expected {SECRET}" in json.dumps(run.document)
