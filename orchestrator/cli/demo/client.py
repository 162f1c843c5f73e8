"""The platform's side of the demo: the same HTTP calls as any frontend makes."""

from typing import Any

import requests

from orchestrator.errors import StartupError
from orchestrator.i18n import joined

_SECONDS = 10


class Platform:
    def __init__(self, base: str, token: str) -> None:
        self._base = f"{base}/it/api"
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.headers["Authorization"] = f"Bearer {token}"

    def post(self, path: str, **body: Any) -> Any:
        return self._data(self._session.post(self._base + path, json=body, timeout=_SECONDS))

    def get(self, path: str, **query: Any) -> Any:
        return self._data(self._session.get(self._base + path, params=query, timeout=_SECONDS))

    def _data(self, answer: requests.Response) -> Any:
        body = answer.json()
        if body["code"] != 20000:
            raise StartupError(joined([f"{answer.request.method} {answer.url}", body["msg"]], ": "))
        return body["data"]
