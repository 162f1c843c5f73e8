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


@pytest.mark.parametrize(
    "check",
    [
        "contains: [$.headers.Set-Cookie, HttpOnly]",
        'contains: [$.headers.Set-Cookie, "; HttpOnly"]',
        "contains: [$.headers.Set-Cookie, SameSite=Lax]",
        'contains: [$.headers.Set-Cookie, "Path=/shop;"]',
        "startswith: [$.headers.Authorization, Bearer]",
    ],
)
def test_words_beside_a_secret_are_none(run_yaml, check):
    note = "the words HttpOnly SameSite=Lax Path=/shop; Bearer"
    headers = (
        f'{{Set-Cookie: "sid={SECRET}; Path=/shop; HttpOnly; SameSite=Lax", '
        f"Authorization: Bearer {SECRET}}}"
    )
    run = run_yaml(
        f"""
        name: words
        config: {{mock: {{rules: [{{response: {{headers: {headers}, body: {{note: "{note}"}}}}}}]}}}}
        steps:
        - {{name: s, url: "http://x.test/", validations: [{{{check}}}, {{eq: [$.note, no]}}]}}
        """
    )

    assert [one["passed"] for one in run.document["steps"][0]["validations"]] == [True, False]
    assert run.document["steps"][0]["response"]["body"] == {"note": note}
    assert SECRET not in run.stdout + json.dumps(run.document)


def test_what_comes_out_of_xml_is_masked_wherever_it_goes(run_yaml):
    """An element with a namespace and blanks, an attribute, CDATA, digits, a field of a form."""
    secrets = {
        "a": "Zq7Kw4-Xy9Tt2-LLp0",
        "b": "Kk99-ZZtop-1",
        "c": "Pp&11<qqrr",
        "d": "99887766",
        "e": "Csrf-Val-0042",
    }
    soap = (
        f"<s:E xmlns:s='urn:s'><s:Token> {secrets['a']} </s:Token><u api_key='{secrets['b']}'/>"
        f"<password><![CDATA[{secrets['c']}]]></password><pin>{secrets['d']}</pin></s:E>"
    )
    page = f"<html><form><input name=csrf_token value={secrets['e']}></form></html>"
    run = run_yaml(
        f"""
        name: markup
        config:
          base_url: http://x.test
          mock:
            rules:
            - {{request: {{url: soap}}, response: {{headers: {{Content-Type: text/xml}}, body: {json.dumps(soap)}}}}}
            - {{request: {{url: page}}, response: {{headers: {{Content-Type: text/html}}, body: {json.dumps(page)}}}}}
            - {{request: {{url: echo}}, response: {{body: {{seen: "${{request.headers['X-A']}} ${{request.url}}"}}}}}}
        steps:
        - name: soap
          url: /soap
          extractors:
            a: {{type: xpath, path: normalize-space(//s:Token), namespaces: {{s: "urn:s"}}}}
            b: {{type: xpath, path: //@api_key}}
            c: {{type: xpath, path: //password}}
            d: {{type: xpath, path: //pin}}
        - {{name: page, url: /page, extractors: {{e: {{type: xpath, path: //input/@value}}}}}}
        - name: echo
          method: POST
          url: /echo?b=${{b}}&c=${{c}}&d=${{d}}&e=${{e}}
          headers: {{X-A: "${{a}}"}}
          body: {{all: ["${{a}}", "${{b}}", "${{c}}", "${{d}}", "${{e}}"], glued: "x${{a}}y${{e}}z"}}
          validations: [{{eq: [$.seen, "${{a}}"]}}, {{assert: "${{response.body.seen}} == '${{b}}'"}}]
        """
    )

    assert run.outcomes == {"failed": 1}
    assert run.document["steps"][2]["response"]["request"]["body"].count("***") >= 5
    for text in (run.stdout, json.dumps(run.document)):
        assert [one for one in secrets.values() if one in text] == []


def test_where_secrets_may_be_shown_long_ones_are(run_yaml):
    check = f'{{eq: ["$.users[0].token", {SECRET * 20}]}}'
    run = run_yaml(CASE.format(check=check), "--sisyphus-show-secrets")

    assert f"Expected {SECRET}" in json.dumps(run.document)
