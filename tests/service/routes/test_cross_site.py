"""Without logins, only this machine's own pages and programs may call: no form, page or name of
another site. With a token in a header, no other site can send it."""

import pytest
from service_kit import API, SECRET, Service

RUN = {"caseId": 1, "envCode": "st"}


@pytest.fixture(scope="module")
def open_service(tmp_path_factory):
    options = {
        "auth": "none",
        "public_url": "https://tests.example.com",
        "cors_origins": ("https://platform.example.com",),
    }
    with Service(tmp_path_factory.mktemp("open"), **options) as service:
        service.catalog(1)
        yield service


@pytest.mark.parametrize(
    ("headers", "named"),
    [
        ({"content-type": "text/plain"}, "Content-Type"),
        ({"content-type": "application/x-www-form-urlencoded"}, "Content-Type"),
        ({"content-type": "text/plain; application/json"}, "Content-Type"),
        ({"content-type": ""}, "Content-Type"),
        ({"origin": "https://evil.example"}, "Origin"),
        ({"origin": "null"}, "Origin"),
        ({"origin": "http://localhost:9999"}, "Origin"),
        ({"origin": "https://platform.example.com.evil.example"}, "Origin"),
        ({"host": "evil.example"}, "Host"),
        ({"host": "evil.example:8000"}, "Host"),
        ({"host": "127.0.0.1.evil.example"}, "Host"),
        ({"host": ""}, "Host"),
        ({"host": "[half"}, "Host"),
    ],
)
@pytest.mark.parametrize("path", ["/case/run", "/execution/list", "/execution/events"])
def test_other_sites_are_kept_out(open_service, path, headers, named):
    url = API + path
    if path == "/case/run":
        sent = {"content-type": "application/json", **headers}
        answer = open_service.client.post(
            url, content='{"caseId": 1, "envCode": "st"}', headers=sent
        )
    elif named == "Content-Type":
        return  # a GET has none
    else:
        answer = open_service.client.get(url, params={"executionId": 1}, headers=headers)

    assert (answer.status_code, answer.json()["code"], answer.json()["data"]) == (403, 40003, None)
    assert answer.json()["msg"].startswith(f"{named}: ")
    assert open_service.sql("SELECT count(*) FROM execution") == [(0,)]


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"host": "localhost:8000"},
        {"host": "127.0.0.1:8000", "origin": "http://127.0.0.1:8000"},
        {"host": "[::1]:8000"},
        {"host": "tests.example.com", "origin": "https://tests.example.com"},
        {"origin": "https://platform.example.com"},
        {"content-type": "application/json; charset=utf-8"},
    ],
)
def test_our_own_pages_and_programs_may_call(open_service, headers):
    sent = {"content-type": "application/json", **headers}
    url = f"{API}/case/list"
    assert open_service.client.get(url, headers=sent).status_code == 200
    answer = open_service.client.post(
        f"{API}/execution/cancel", content='{"executionId": 99}', headers=sent
    )
    assert answer.json()["code"] == 40011


@pytest.mark.parametrize("headers", [{"origin": "https://evil.example"}, {"host": "evil.example"}])
def test_where_a_header_carries_the_login_other_sites_cannot(service, headers):
    assert service.front_response("/case/list", headers=headers).status_code == 200
    sent = {"X-CALLBACK-SECRET": SECRET, **headers}
    answer = service.client.post(f"{API}/case/sync", json={}, headers=sent)
    assert answer.json()["code"] == 40009
