"""What becomes of secrets in a request, by the text of the request too."""

import pytest

from orchestrator.executions.sanitize import mask_request
from orchestrator.schemas.fast_results import try_parse_fast
from orchestrator.secrets import Secret, masker


@pytest.mark.parametrize("letter", ["s", r"\u0073"])
def test_a_secret_is_found_however_json_spells_it(letter):
    told = f'"errorMessage": "no {letter}ecret-word", "ext": {{"a": ["{letter}ecret-word"]}}'
    body = f'{{"executionId": 1, "caseId": 1, "status": 3, {told}}}'.encode()

    masked = mask_request(try_parse_fast(body, None), masker([Secret("secret-word")]), body)

    assert masked.error_message == "no ***"
    assert masked.ext == {"a": ["***"]}


def test_a_request_without_a_secret_stays_itself():
    body = b'{"executionId": 1, "caseId": 1, "status": 3, "errorMessage": "no word"}'
    request = try_parse_fast(body, None)

    assert mask_request(request, masker([Secret("secret-word")]), body) is request
