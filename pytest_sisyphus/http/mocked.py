"""Responses made by mock rules; the session treats them as a server's: cookies, auth, redirects."""

import http.client
from collections.abc import Callable, Mapping

import requests

from pytest_sisyphus.http.connections import ConnectOptions
from pytest_sisyphus.http.response import Response, join_fields
from pytest_sisyphus.http.timing import Stopwatch
from pytest_sisyphus.values.record import record


@record
class CannedResponse:
    status_code: int
    headers: Mapping[str, str]
    content: bytes


class Mocked:
    """A transport in the place of the network. What `respond` raises is raised by the session's
    `send`."""

    def __init__(self, respond: Callable[[requests.PreparedRequest], CannedResponse]) -> None:
        self._respond = respond

    def __call__(
        self,
        request: requests.PreparedRequest,
        options: ConnectOptions,  # noqa: ARG002 - as every Transport
        watch: Stopwatch,  # noqa: ARG002
    ) -> Response:
        canned = self._respond(request)
        fields = list(canned.headers.items())
        return Response(
            status_code=canned.status_code,
            reason=http.client.responses.get(canned.status_code, ""),
            fields=fields,
            by_name=join_fields(fields),
            content=canned.content,
            request=request,
        )

    def close(self) -> None:
        """No connection is open."""
