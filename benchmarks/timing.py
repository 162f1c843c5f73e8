"""Alternating runs of commands, and their ratio to the first."""

import os
import statistics
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple

ROUNDS = 5
PYTEST = (sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:randomly")


class Took(NamedTuple):
    """Seconds."""

    wall: float
    #: user and system time of the process and its children: a busy machine adds little to it.
    cpu: float


def pytest_run(folder, *args):
    """What one pytest run in a process of its own took."""
    started, before = time.perf_counter(), os.times()
    done = subprocess.run([*PYTEST, *args], cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"pytest {' '.join(args)} failed:\n{done.stdout}{done.stderr}")
    wall, after = time.perf_counter() - started, os.times()
    return Took(wall, sum(after[2:4]) - sum(before[2:4]))


def compare(contestants, rounds=ROUNDS):
    """`{name: callable -> Took}`, the floor first; in turns, so that noise falls on all.

    A ratio is the median of each round's own ratio: noise that lasts falls on both.
    """
    took = {name: [] for name in contestants}
    for _ in range(rounds):
        for name, run in contestants.items():
            took[name].append(run())
    floor = next(iter(took.values()))
    for name, runs in took.items():
        print(f"  {name:38} {_column(runs, floor, 'wall')}   {_column(runs, floor, 'cpu')}")


def _column(runs, floor, kind):
    seconds = [getattr(one, kind) for one in runs]
    ratios = [a / getattr(b, kind) for a, b in zip(seconds, floor, strict=True)]
    spread = max(seconds) - min(seconds)
    median, ratio = statistics.median(seconds), statistics.median(ratios)
    return f"{kind} {median:6.2f} s x{ratio:.3f} (spread {spread:.2f} s)"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    body = b'{"code": 0, "items": [{"id": 1}, {"id": 2}]}'

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(self.body)))
        self.end_headers()
        self.wfile.write(self.body)

    def log_message(self, *_):
        """Quiet."""


@contextmanager
def server():
    httpd = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    httpd.daemon_threads = True
    thread = threading.Thread(target=httpd.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{httpd.server_port}"
    finally:
        httpd.shutdown()
        httpd.server_close()
        thread.join()
