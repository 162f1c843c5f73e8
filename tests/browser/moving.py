"""The moving pictures of the page in docs/images: a plan runs, in both languages.

    python tests/browser/moving.py

A real run is looked at while it goes on; each picture that differs from the one before is a frame.
Times are drawn together: what lasts long is shown for a moment.
"""

import contextlib
import io
import sys
import tempfile
import time
from pathlib import Path

import chromium
from page_kit import Reader
from stage import SMALL, market_is, stage

from orchestrator.status import TERMINAL

DOCS = Path(__file__).parents[2] / "docs/images"
SIZE = {"width": 960, "height": 640}
#: milliseconds of a frame, and of the last.
FRAME, LAST = 650, 4000
MOST_FRAMES = 24
#: milliseconds that the page has to show an end of which the service knows.
PATIENCE = 60_000


def opened(browser, town, lang, address):
    locale = {"zh": "zh-CN", "en": "en-GB"}[lang]
    context = browser.new_context(locale=locale, viewport=SIZE, reduced_motion="reduce")
    Reader(context, town.base).sign_in(town.token)
    page = context.new_page()
    page.goto(town.base + address)
    page.locator("main > :not([aria-busy])").filter(visible=True).first.wait_for()
    return page


def watched(town, number, pages):
    """Language -> its frames, from before the first case to after the last."""
    frames = {lang: [] for lang in pages}
    ended = False
    while True:
        for lang, page in pages.items():
            if ended:
                page.reload()
                page.wait_for_selector("[aria-busy=true]", state="detached", timeout=PATIENCE)
                time.sleep(0.5)
            shot = page.screenshot()
            if frames[lang][-1:] != [shot]:
                frames[lang].append(shot)
        if ended:
            return frames
        row = town.get("/automation/execution/detail", executionId=number)
        ended = row["status"] in TERMINAL


def written(path, shots):
    from PIL import Image

    step = max(1, -(-len(shots) // MOST_FRAMES))
    images = [Image.open(io.BytesIO(one)).convert("RGB") for one in [*shots[:-1:step], shots[-1]]]
    times = [FRAME] * (len(images) - 1) + [LAST]
    options = {"quality": 80, "method": 6, "minimize_size": True, "loop": 0}
    images[0].save(path, save_all=True, append_images=images[1:], duration=times, **options)
    sys.stdout.write(f"{path}: {len(images)} frames, {path.stat().st_size // 1000} kB\n")


def main():
    from playwright.sync_api import sync_playwright

    with contextlib.ExitStack() as stack:
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        browser = chromium.launched(stack.enter_context(sync_playwright()))
        stack.callback(browser.close)
        town = stack.enter_context(stage(scratch))
        plan = town.plan("回归", SMALL)
        town.run(plan)
        with market_is({"MARKET_WAREHOUSE": "away", "MARKET_SECONDS": "2"}):
            number = town.start(plan)
            address = f"/executions/{number}"
            pages = {lang: opened(browser, town, lang, address) for lang in ("zh", "en")}
            for lang, shots in watched(town, number, pages).items():
                written(DOCS / f"page-moving-{lang}.webp", shots)


if __name__ == "__main__":
    main()
