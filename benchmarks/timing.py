"""Alternating runs of commands, and their ratio to the first."""

import statistics
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

ROUNDS = 5
PYTEST = (sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:randomly")


def pytest_run(folder, *args):
    """Seconds of one pytest run in a process of its own."""
    started = time.perf_counter()
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            "-p",
            "no:randomly",
            *args,
        ],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"pytest {' '.join(args)} failed:\n{done.stdout}{done.stderr}")
    return time.perf_counter() - started


def compare(contestants, rounds=ROUNDS):
    """`{name: callable -> seconds}`, the floor first; in turns, so that noise falls on all."""
    seconds = {name: [] for name in contestants}
    for _ in range(rounds):
        for name, run in contestants.items():
            seconds[name].append(run())
    medians = {name: statistics.median(values) for name, values in seconds.items()}
    floor = next(iter(medians.values()))
    for name, median in medians.items():
        spread = max(seconds[name]) - min(seconds[name])
        print(f"  {name:44} {median:8.3f} s  x{median / floor:.2f}  (spread {spread:.3f} s)")
    return medians


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
