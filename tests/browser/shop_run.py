"""A real run of the cases in `shop/` against a real server, and the reports it wrote."""

import contextlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from echo_server import echo_server
from stage import LIMIT

from orchestrator.cli.demo.hosted import address, free_socket, hosted
from orchestrator.cli.demo.shop import create_shop

PROJECT = Path(__file__).parent / "shop"
#: what no report may show: the password, and the tokens that the shop hands out by it.
PASSWORD = "demo-password"


class ShopRun:
    """HTML in both languages, and the documents behind it (`json` of the YAML cases)."""

    def __init__(self, folder):
        self._folder = folder

    def page(self, lang):
        return self._folder / f"{lang}.html"

    @property
    def documents(self):
        return json.loads((self._folder / "zh.json").read_text("utf-8"))


def shop_run(folder):
    """Each language is a run of its own, against a shop of its own."""
    for lang in ("zh", "en"):
        with echo_server() as warehouse, _shop() as url:
            _pytest(folder, lang, {"SHOP_URL": url, "WAREHOUSE_URL": warehouse.url})
    return ShopRun(folder)


@contextlib.contextmanager
def _shop():
    listener = free_socket()
    with hosted(create_shop(), listener):
        yield address(listener)


def _pytest(folder, lang, environ):
    project = shutil.copytree(PROJECT, folder / f"project-{lang}")
    reports = [f"--sisyphus-report={kind}:{folder}/{lang}.{kind}" for kind in ("html", "json")]
    plugins = ("-p", "pytest_sisyphus.plugin", "-p", "no:cacheprovider")
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", *plugins, *reports),
            *(f"--sisyphus-lang={lang}", "cases", "tests"),
        ],
        cwd=project,
        env={**os.environ, **environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        timeout=LIMIT,
        check=False,
    )
    assert done.returncode == 1, done.stdout + done.stderr
