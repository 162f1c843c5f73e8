"""Debian's (or any) Chromium: which, and how it is started."""

import shutil

#: the first has no windows around its pages: one costs a quarter of what it does in the others.
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
PATH = next(filter(None, map(shutil.which, NAMES)), "")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def launched(playwright):
    return playwright.chromium.launch(executable_path=PATH, args=list(FLAGS))
