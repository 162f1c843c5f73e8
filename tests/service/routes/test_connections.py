"""Connections of callers: one that breaks off is no fault of ours, and one that is idle is kept."""

import logging
import socket
import time

from live_kit import live
from service_kit import API, SECRET

from orchestrator import server
from orchestrator.config.settings import Settings
from pytest_sisyphus.execution.delivery import HEARTBEAT_SECONDS


def test_a_request_that_breaks_off_in_its_body_is_refused_without_a_fault(tmp_path, caplog):
    caplog.set_level(logging.INFO)
    with live(tmp_path) as service:
        number = service.started(1, 2)
        head = f"POST {API}/execution/case/result HTTP/1.1\r\nHost: x\r\nX-CALLBACK-SECRET: {SECRET}\r\n"
        with socket.create_connection(("127.0.0.1", service.port)) as sender:
            sender.sendall(f'{head}Content-Length: 99\r\n\r\n{{"executionId": {number}, '.encode())

        deadline = time.monotonic() + 30
        while "/case/result" not in caplog.text and time.monotonic() < deadline:
            time.sleep(0.01)
        statuses = service.statuses(number)

    assert '/case/result" 422' in caplog.text
    assert [one.getMessage() for one in caplog.records if one.levelno >= logging.WARNING] == []
    assert statuses == [0, 0]


def test_an_idle_connection_is_kept_for_longer_than_its_callers_pause(tmp_path, monkeypatch):
    configs = []
    monkeypatch.setattr(server.Server, "run", lambda self, **_: configs.append(self.config))

    server.serve(
        Settings(port=0, database_url=f"sqlite:///{tmp_path}/x.sqlite3", data_dir=tmp_path),
        say=lambda _: None,
    )

    nginx_default = 60
    assert [
        config.timeout_keep_alive > max(nginx_default, HEARTBEAT_SECONDS) for config in configs
    ] == [True]
