"""The HTML report of a real run: what `docs/images` shows.

SISYPHUS_TEST_SCREENSHOTS=docs/images keeps the pictures.
"""

import io
import os
from pathlib import Path

import pytest
from shop_run import PASSWORD

#: bytes of a picture: the manual is read over slow lines too.
MOST = 200_000
COUPON = "优惠券九折"
WIDE, PHONE = (1280, 900), (390, 844)


@pytest.fixture
def folder(tmp_path):
    return Path(os.environ.get("SISYPHUS_TEST_SCREENSHOTS", tmp_path))


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize(
    "look", [(WIDE, "light"), (WIDE, "dark"), (PHONE, "light"), (PHONE, "dark")]
)
def test_it_fits_the_screen_in_both_schemes(shop, opened, folder, lang, look):
    size, scheme = look
    width, height = size
    viewport = {"width": width, "height": height}
    page = opened(shop.page(lang), viewport=viewport, color_scheme=scheme).page
    name = f"html-report-{lang}-{scheme}{'' if size == WIDE else '-phone'}"
    kept(page, folder / f"{name}.png")
    open_case(page, COUPON)
    kept(page, folder / f"{name}-details.png")

    assert page.evaluate("document.documentElement.scrollWidth") <= width
    colour = page.evaluate("getComputedStyle(document.body).backgroundColor")
    brightness = sum(map(int, colour.removeprefix("rgb(").removesuffix(")").split(",")))
    assert (brightness < 200) is (scheme == "dark")


def open_case(page, name):
    case = page.locator("details.case").filter(has_text=name).first
    if case.get_attribute("open") is None:
        case.locator("> summary").click()
    checks = case.locator(".checks").filter(has=page.locator(".failed")).first
    checks.wait_for()
    checks.evaluate("node => scrollTo(0, node.getBoundingClientRect().top + scrollY - 250)")
    page.evaluate("() => document.activeElement.blur()")
    return case


def kept(page, path):
    """In few colours: flat areas and text need no more."""
    from PIL import Image  # of the extra browser, as what opened the page

    picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    picture.quantize(256, kmeans=2, dither=Image.Dither.NONE).save(path, optimize=True)
    assert path.stat().st_size < MOST


def test_every_kind_of_end_is_there(shop, opened):
    page = opened(shop.page("en")).page

    cards = page.locator(".cards").inner_text().split()
    shown = page.locator("details.case > summary .name").all_text_contents()
    assert len(shown) == 12
    assert {"passed", "failed", "skipped"} <= {word.lower() for word in cards}
    for part in (COUPON, "test_totals_add_up", "prices[three pens]"):
        assert part in shown


def test_what_matched_nothing_is_no_null(shop, opened):
    for lang, said in (("en", "nothing matched"), ("zh", "没有匹配到任何值")):
        page = opened(shop.page(lang)).page
        case = open_case(page, COUPON)

        discount = case.locator(".checks > li").filter(has_text="$.data.discount.percent")
        assert discount.locator(".actual dd").inner_text() == said


def test_no_secret_is_in_it(shop):
    for lang in ("zh", "en"):
        assert PASSWORD not in shop.page(lang).read_text("utf-8")
    assert all(
        "***" in step["extracted_vars"]["token"]
        for document in shop.documents
        for step in document["steps"]
        if step["name"] == "log in"
    )
