"""Answers made by rules, on the way through requests that real ones take: cookies, auth, …"""

import dataclasses
import http.client
import io
from collections.abc import Callable, Mapping
from typing import Any

import requests
import requests.adapters
import urllib3


@dataclasses.dataclass(frozen=True, kw_only=True)
class Answer:
    status_code: int
    headers: Mapping[str, str]
    content: bytes


class MockAdapter(requests.adapters.HTTPAdapter):
    """In the place of the network. What `answer` raises comes out of the session's `send`."""

    def __init__(self, answer: Callable[[requests.PreparedRequest], Answer]) -> None:
        super().__init__()
        self._answer = answer

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        answer = self._answer(request)
        fields = http.client.HTTPMessage()
        for name, value in answer.headers.items():
            fields[name] = value
        raw = urllib3.HTTPResponse(
            body=io.BytesIO(answer.content),
            headers=answer.headers,
            status=answer.status_code,
            reason=http.client.responses.get(answer.status_code, ""),
            preload_content=False,
            original_response=_Original(fields),  # type: ignore[arg-type] # all that is asked of it
        )
        return self.build_response(request, raw)


class _Original:
    """Where requests looks for cookies."""

    def __init__(self, fields: http.client.HTTPMessage) -> None:
        self.msg = fields

    def isclosed(self) -> bool:
        return True

    def close(self) -> None:
        """Nothing is open."""
