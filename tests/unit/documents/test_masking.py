"""Secrets of markup bodies in a case's document."""

import json

import pytest

from pytest_sisyphus import CaseText, run_cases

LOGIN = "<r><user>Ann</user><password>hunter2-x</password><s token='abc&amp;def1'/></r>"
EXTRACTORS = """{p: {type: xpath, path: //password}, q: {type: regex, path: '<password>(.*?)<'},
      s: {type: xpath, path: //s/@*}, u: {type: xpath, path: //user}}"""


@pytest.mark.parametrize("content_type", ["application/soap+xml", "text/html", "text/plain"])
@pytest.mark.parametrize(
    ("check", "error"),
    [
        ("{type: eq, source: xml, path: string(/r), expect: Ann}", "but got Ann***"),
        ("{type: eq, source: xml, path: '//password/text()', expect: no}", "but got ***"),
        ("{type: eq, source: xml, path: //s/@*, expect: no}", "but got ***"),
    ],
)
def test_secrets_of_a_body_are_masked_wherever_they_come_up(content_type, check, error):
    text = f"""
name: c
steps:
  - name: s
    url: http://x/
    headers: {{Content-Type: application/xml}}
    body: "<r><pin>secret-of-mine</pin></r>"
    mock:
      rules: [{{response: {{headers: {{Content-Type: {content_type}}}, body: {json.dumps(LOGIN)}}}}}]
    validations: [{check}]
    extractors: {EXTRACTORS}
  - name: later
    url: http://x/?q=${{p}}&of=secret-of-mine&s=${{s}}
    mock: {{rules: [{{response: {{status_code: 200}}}}]}}
"""
    (report,) = run_cases(CaseText(text))
    document = report.document()
    step = document["steps"][0]

    assert error in json.dumps(step)
    assert step["extracted_vars"] == {"p": "***", "q": "***", "s": "***", "u": "Ann"}
    for secret in ("hunter2-x", "abc&def1", "abc&amp;def1", "secret-of-mine"):
        assert secret not in json.dumps(document)
