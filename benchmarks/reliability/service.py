"""`sisyphus-orchestrator serve` as a process on a port that it keeps: killed, and started again."""

import contextlib
import os
import signal
import socket
import subprocess
import sys

import requests

from benchmarks.reliability import project
from benchmarks.reliability.waiting import until

SECRET = "measured"
CLEAN = {name: text for name, text in os.environ.items() if not name.startswith("SISYPHUS_")}


class Service:
    def __init__(self, folder, database_url, *options):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            self.port = listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.folder = folder
        self.project = folder / "project"
        self._command = [
            *(sys.executable, "-m", "orchestrator", "serve", "--port", str(self.port)),
            *("--auth", "none", "--callback-secret", SECRET, "--database-url", database_url),
            *("--project-root", "project", "--data-dir", "data", *options),
        ]
        self._environ = {**CLEAN, **project.ENV}
        self._process = None
        self._session = requests.Session()

    def start(self):
        with (self.folder / "stderr").open("ab") as stderr:
            self._process = subprocess.Popen(
                self._command,
                cwd=self.folder,
                env=self._environ,
                stdout=subprocess.DEVNULL,
                stderr=stderr,
            )
        until(self._is_ready, f"the service in {self.folder} to answer", pause=0.2)

    def _is_ready(self):
        with contextlib.suppress(requests.ConnectionError, requests.Timeout):
            return requests.get(f"{self.url}/readyz", timeout=20).status_code == 200

    def kill(self):
        self._end(signal.SIGKILL)

    def stop(self):
        self._end(signal.SIGTERM)

    def _end(self, number):
        self._process.send_signal(number)
        self._process.wait(60)
        self._session.close()

    def post(self, path, **body):
        return self._data("POST", path, json=body)

    def plan(self, cases):
        """Saved as plan 1; its cases are those of `project`."""
        self.post("/case/sync", projectId=1, cases=project.catalogue(cases))
        self.post("/plan/save", planId=1, projectId=1, planName="p", cases=list(cases))

    def pytest(self, execution, *options):
        """What another CI would start."""
        with (self.folder / f"console-{execution}").open("ab") as console:
            return subprocess.Popen(
                [sys.executable, "-m", "pytest", f"--sisyphus-execution={execution}", *options],
                cwd=self.project,
                env=self.environ_of(execution),
                stdout=console,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def environ_of(self, execution):
        told = {"SISYPHUS_URL": self.url, "SISYPHUS_SECRET": SECRET}
        told |= {"SISYPHUS_PULL_TIMEOUT": "120"}  # as deploy/Jenkinsfile has it
        return {**CLEAN, **project.ENV, **told, "EXECUTION_ID": str(execution)}

    def get(self, path, **query):
        return self._data("GET", path, params=query)

    def _data(self, method, path, **rest):
        url, headers = f"{self.url}/it/api/automation{path}", {"X-CALLBACK-SECRET": SECRET}
        answer = self._session.request(method, url, headers=headers, timeout=60, **rest).json()
        if answer["code"] != 20000:
            raise RuntimeError(f"{path}: {answer}")
        return answer["data"]

    def detail(self, execution):
        return self.get("/execution/detail", executionId=execution)

    def rows(self, execution):
        """Page by page."""
        rows, page = [], 1
        query = {"executionId": execution, "pageSize": 500}
        while found := self.get("/execution/case/list", pageNo=page, **query)["list"]:
            rows, page = rows + found, page + 1
        return rows

    def is_over(self, execution):
        return self.detail(execution)["status"] > 3

    def complaints(self):
        """Tracebacks that it logged."""
        return (self.folder / "stderr").read_text(errors="replace").count("Traceback")
