"""The page as it is served: by which addresses, with which headers, how many bytes."""

import gzip
import re

import pytest

from orchestrator.page.serving import STATIC

ADDRESSES = [
    "/executions",
    "/executions/13?view=cases&status=3,4",
    "/executions/13/cases/431",
    "/cases",
    "/cases/1001",
    "/plans/new",
    "/plans/7/edit",
    "/run?plan=7",
    "/queue",
    "/sign-in?next=/executions/13",
]
POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "connect-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'none'",
    "frame-ancestors": "'none'",
    "require-trusted-types-for": "'script'",
    "trusted-types": "'none'",
}


def base_of(text):
    return re.search(r"/page/[0-9a-f]{12}/", text)[0]


@pytest.mark.parametrize("address", ADDRESSES)
def test_every_address_of_the_page_gives_the_same_shell(calm, address):
    answer = calm.client.get(address)

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["cache-control"] == "no-cache"
    assert answer.text == calm.client.get("/executions").text


@pytest.mark.parametrize("address", ["/nope", "/execution", "/it/apis", "/executions.html"])
def test_who_reads_is_told_by_the_page_that_there_is_no_such_address(calm, address):
    answer = calm.client.get(address, headers={"Accept": "text/html,application/xhtml+xml,*/*"})

    assert answer.status_code == 404
    assert answer.text == calm.client.get("/executions").text
    assert "default-src" in answer.headers["content-security-policy"]


@pytest.mark.parametrize(
    ("method", "address", "accept"),
    [
        ("GET", "/nope", "*/*"),
        ("GET", "/nope", "application/json"),
        ("POST", "/nope", "text/html"),
        ("GET", "/it/api", "text/html"),
        ("GET", "/it/api/automation/nope", "text/html"),
        ("GET", "/page/000000000000/app/main.js", "text/html"),
    ],
)
def test_programs_are_told_so_in_json(calm, method, address, accept):
    answer = calm.client.request(method, address, headers={"Accept": accept})

    assert (answer.status_code, answer.json()["code"]) == (404, 40400)


def test_a_wrong_method_is_said_to_be_one(calm):
    answer = calm.client.get("/it/api/automation/plan/run", headers={"Accept": "text/html"})

    assert (answer.status_code, answer.json()["code"]) == (405, 40500)


def test_the_root_leads_to_the_executions(calm):
    answer = calm.client.get("/", follow_redirects=False)

    assert (answer.status_code, answer.headers["location"]) == (307, "/executions")


def test_the_policy_lets_nothing_in(calm):
    headers = calm.client.get("/executions").headers
    said = dict(part.split(" ", 1) for part in headers["content-security-policy"].split("; "))

    assert said == POLICY
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert "camera=()" in headers["permissions-policy"]


def test_the_shell_holds_no_script_of_its_own(calm):
    text = calm.client.get("/executions").text

    assert re.findall(r"<script(?![^>]* src=)[^>]*>", text) == []
    assert re.findall(r"\son\w+=|style=", text) == []


def test_files_are_kept_for_ever_under_an_address_of_their_content(calm):
    base = base_of(calm.client.get("/executions").text)
    answer = calm.client.get(f"{base}app/main.js")

    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
    assert answer.content == (STATIC / "app/main.js").read_bytes()


def test_files_come_compressed_to_whoever_takes_that(calm):
    base = base_of(calm.client.get("/executions").text)
    sent = []
    for encoding in ("gzip", "gzip;q=0"):
        with calm.client.stream(
            "GET", f"{base}style/base.css", headers={"Accept-Encoding": encoding}
        ) as answer:
            sent.append((answer.headers.get("content-encoding"), b"".join(answer.iter_raw())))
            assert answer.headers["vary"] == "Accept-Encoding"

    content = (STATIC / "style/base.css").read_bytes()
    assert [encoding for encoding, _ in sent] == ["gzip", None]
    assert gzip.decompress(sent[0][1]) == sent[1][1] == content
    assert len(sent[0][1]) < len(content) / 2


@pytest.mark.parametrize(
    "path",
    ["app/none.js", "../serving.py", "%2e%2e/serving.py", "app/../../shell.html", "app", ""],
)
def test_only_its_files_are_served(calm, path):
    base = base_of(calm.client.get("/executions").text)

    assert calm.client.get(base + path).status_code == 404


def test_files_of_another_version_are_not_there(calm):
    assert calm.client.get("/page/000000000000/app/main.js").status_code == 404


def test_all_that_is_loaded_first_is_announced(calm):
    text = calm.client.get("/executions").text
    announced = re.findall(r'<link rel="modulepreload" href="([^"]+)">', text)
    asked = [calm.client.get(address) for address in announced]
    imported = {
        path
        for answer in asked
        for path in re.findall(r'from ?"(?:\./|\.\./)([^"]+)"', answer.text)
    }

    assert {answer.status_code for answer in asked} == {200}
    assert {path.split("/")[-1] for path in imported} <= {path.split("/")[-1] for path in announced}


def test_the_first_view_is_small(calm):
    """Raw bytes without data: shell, style, scripts and the larger catalogue."""
    text = calm.client.get("/executions").text
    addresses = re.findall(r'(?:href|src)="(/page/[^"]+)"', text)
    sizes = {address: len(calm.client.get(address).content) for address in dict.fromkeys(addresses)}
    words = max(path.stat().st_size for path in STATIC.glob("texts/*.json"))

    assert len(text) < 6_000
    assert sum(sizes.values()) + len(text) + words < 150_000
