"""Debian's (or any) Chromium: which, and how it is started."""

import shutil

PATH = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), "")
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
