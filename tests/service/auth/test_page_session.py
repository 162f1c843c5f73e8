"""The page's session: the login token in a cookie that counts for nobody but our own page."""

import datetime as dt
import http.client
from zoneinfo import ZoneInfo

import jwt
import pytest
from live_kit import live
from service_kit import API, SECRET, TOKEN, USER, Service

from orchestrator.secrets import Secret, digest

PAGE = {"X-Sisyphus-Page": "1"}
LIST = f"{API}/execution/list"
SESSION = "/it/api/page/session"


def signed_in(service, token=TOKEN, headers=None, **fields):
    """The answer; the client keeps its cookie."""
    return service.client.post(SESSION, json={"token": token, **fields}, headers=headers)


@pytest.fixture
def page(service):
    assert signed_in(service).status_code == 200
    return service


class TestSigningIn:
    def test_the_token_is_put_where_no_script_can_read_it(self, service):
        answer = signed_in(service)

        assert answer.json()["data"]["user_id"] == USER
        assert answer.headers["set-cookie"].split("; ") == [
            f"sisyphus={TOKEN}",
            "HttpOnly",
            "Path=/it/api",
            "SameSite=strict",
        ]
        assert TOKEN not in answer.text

    def test_it_lasts_longer_for_who_asks_for_that(self, service):
        answer = signed_in(service, remember=True)
        assert "Max-Age=604800" in answer.headers["set-cookie"].split("; ")

    @pytest.mark.parametrize(
        ("host", "name"),
        [
            ("localhost", "sisyphus"),
            ("127.0.0.1:8000", "sisyphus_8000"),
            ("[::1]:81", "sisyphus_81"),
        ],
    )
    def test_its_name_has_the_port(self, service, host, name):
        answer = signed_in(service, headers={"Host": host})
        assert answer.headers["set-cookie"].partition("=")[0] == name

    def test_by_https_it_never_goes_another_way(self, service):
        service.client.base_url = "https://localhost"
        direct = signed_in(service).headers["set-cookie"]
        service.client.base_url = "http://localhost"
        by_proxy = signed_in(service, headers={"Origin": "https://localhost"})

        for cookie in (direct, by_proxy.headers["set-cookie"]):
            assert cookie.startswith(f"__Secure-sisyphus={TOKEN}; ")
            assert "Secure" in cookie.split("; ")

    def test_a_wrong_token_is_nobody_and_counts(self, tmp_path):
        with Service(tmp_path, login_failures=2) as service:
            answers = [signed_in(service, "wrong") for _ in range(3)]
            for answer in answers:
                assert "set-cookie" not in answer.headers
            assert [answer.status_code for answer in answers] == [401, 401, 429]

    def test_a_token_that_no_cookie_can_hold_is_refused_in_a_sentence(self, service):
        answer = signed_in(service, "x" * 3801).json()
        assert answer["code"] == 40009
        assert "3800 字节" in answer["msg"]

    def test_of_strangers_no_large_body_is_read(self, calm):
        for path in (SESSION, f"{SESSION}/end"):
            answer = calm.client.post(path, json={"token": "x" * 16_384})
            assert (answer.status_code, answer.json()["code"]) == (413, 41300)

    @pytest.mark.parametrize("body", [{}, {"token": ""}, {"token": 5}, {"token": "a\0b"}])
    def test_no_token_at_all(self, calm, body):
        answer = calm.client.post(SESSION, json=body)
        assert answer.json()["code"] == 40009
        assert "set-cookie" not in answer.headers

    @pytest.mark.parametrize(
        "headers",
        [
            {"Origin": "https://evil.example"},
            {"Origin": "http://localhost:81"},
            {"Origin": "null"},
            {"Host": "evil.example"},
            {"Content-Type": "text/plain"},
        ],
    )
    def test_other_sites_can_sign_nobody_in_or_out(self, calm, headers):
        for path in (SESSION, f"{SESSION}/end"):
            answer = calm.client.post(
                path,
                content=f'{{"token": "{TOKEN}"}}',
                headers={"Content-Type": "application/json", **headers},
            )
            assert (answer.status_code, answer.json()["code"]) == (403, 40003)
            assert "set-cookie" not in answer.headers
            assert next(iter(headers)) in answer.json()["msg"]

    def test_a_machine_is_reached_by_its_name_and_its_addresses(self, service, monkeypatch):
        import socket

        name = socket.gethostname()
        for host in (f"{name}:8000", "10.1.2.3:8000", "[fe80::1]:8000"):
            assert signed_in(service, headers={"Host": host}).status_code == 200

    def test_a_token_of_any_letters_comes_back_as_it_was(self, tmp_path):
        token = 'a; b="c", d%20é字'
        with Service(tmp_path) as service:
            service.sql("UPDATE static_token SET token_hash = :hash", hash=digest(token))
            signed_in(service, token)
            assert service.client.get(LIST, headers=PAGE).json()["code"] == 20000


class TestTheCookie:
    def test_it_opens_the_frontends_door_to_the_page(self, page):
        page.catalog(1)
        run = page.client.post(f"{API}/case/run", json={"caseId": 1, "envCode": "st"}, headers=PAGE)
        assert run.json()["data"]["trigger_by"] == USER
        assert page.client.get(LIST, headers=PAGE).json()["data"]["total"] == 1

    @pytest.mark.parametrize(
        "headers",
        [
            {},
            {"X-Sisyphus-Page": "0"},
            PAGE | {"Sec-Fetch-Site": "same-site"},
            PAGE | {"Sec-Fetch-Site": "cross-site"},
            PAGE | {"Sec-Fetch-Site": "none"},
        ],
    )
    def test_without_the_pages_own_header_it_is_nobodys(self, page, headers):
        page.catalog(1)
        read = page.client.get(LIST, headers=headers)
        body = {"caseId": 1, "envCode": "st"}
        run = page.client.post(f"{API}/case/run", json=body, headers=headers)
        assert (read.status_code, run.status_code) == (401, 401)

    @pytest.mark.parametrize(
        ("headers", "named"),
        [
            ({"Origin": "https://evil.example"}, "Origin"),
            ({"Host": "evil.example"}, "Host"),
            ({"Content-Type": "text/plain"}, "Content-Type"),
        ],
    )
    def test_what_another_site_may_have_sent_is_refused(self, page, headers, named):
        cookie = f"sisyphus={TOKEN}"
        headers = {"Content-Type": "application/json", "Cookie": cookie} | PAGE | headers
        answer = page.client.post(f"{API}/plan/delete", content="{}", headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (403, 40003)
        assert named in answer.json()["msg"]

    def test_one_of_another_port_is_not_seen(self, page):
        headers = PAGE | {"Host": "localhost:81", "Cookie": f"sisyphus={TOKEN}"}
        assert page.client.get(LIST, headers=headers).status_code == 401

    def test_one_of_https_is_known_behind_a_proxy(self, service):
        headers = PAGE | {"Cookie": f"theme=dark; __Secure-sisyphus={TOKEN}"}
        assert service.client.get(LIST, headers=headers).status_code == 200

    def test_a_headers_token_wins(self, page):
        wrong = page.client.get(LIST, headers=PAGE | {"token": "wrong"})
        assert wrong.status_code == 401

    def test_revocation_holds_at_the_next_request(self, page):
        page.sql("UPDATE static_token SET revoked_time = created_time")
        assert page.client.get(LIST, headers=PAGE).status_code == 401

    def test_wrong_ones_count(self, tmp_path):
        with Service(tmp_path, login_failures=2) as service:
            headers = PAGE | {"Cookie": "sisyphus=wrong"}
            codes = [service.client.get(LIST, headers=headers).status_code for _ in range(3)]
        assert codes == [401, 401, 429]

    def test_runners_doors_know_nothing_of_it(self, page):
        number = page.run_plan(1)["id"]
        page.client.cookies.set("sisyphus", SECRET)
        for path in ("/execution/heartbeat", "/case/sync"):
            answer = page.client.post(API + path, json={"executionId": number}, headers=PAGE)
            assert answer.status_code == 403

    def test_after_the_end_it_is_gone(self, page):
        answer = page.client.post(f"{SESSION}/end", json={})
        assert answer.json() == {"code": 20000, "msg": "success", "data": {}}
        gone = answer.headers.get_list("set-cookie")
        assert {one.partition("=")[0] for one in gone} == {"sisyphus", "__Secure-sisyphus"}
        assert all("Max-Age=0" in one for one in gone)
        assert page.client.get(LIST, headers=PAGE).status_code == 401

    def test_events_come_by_it(self, tmp_path):
        with live(tmp_path) as service:
            number = service.started(1)
            connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=30)
            cookie = f"sisyphus_{service.port}={TOKEN}"
            path = f"{API}/execution/events?executionId={number}"
            connection.request("GET", path, headers={"Cookie": cookie})
            refused = connection.getresponse()
            refused.read()
            connection.request("GET", path, headers={"Cookie": cookie} | PAGE)
            opened = connection.getresponse()
            first = opened.readline()
            opened.close()
            connection.close()

        assert (refused.status, opened.status, first) == (401, 200, b"retry: 2000\n")

    def test_no_cors_lets_the_header_through(self, tmp_path):
        origin = "https://platform.example"
        with Service(tmp_path, cors_origins=(origin,)) as service:
            asked = {
                "Origin": origin,
                "Access-Control-Request-Method": "GET",
                "Access-Control-Request-Headers": "x-sisyphus-page",
            }
            answer = service.client.options(LIST, headers=asked)
        assert "x-sisyphus-page" not in answer.headers.get("access-control-allow-headers", "")
        assert "access-control-allow-credentials" not in answer.headers

    def test_the_log_holds_no_token(self, page, caplog):
        caplog.set_level("DEBUG")
        signed_in(page)
        page.client.get(LIST, headers=PAGE)
        lines = [r.getMessage() for r in caplog.records if not r.name.startswith("http")]
        assert any("/it/api/page/session" in line for line in lines)
        assert TOKEN not in "\n".join(lines)


class TestMe:
    def me(self, service, **headers):
        return service.client.get("/it/api/page/me", headers=headers)

    def test_it_says_who_is_there_and_what_the_service_is(self, tmp_path):
        options = {"timezone": ZoneInfo("Asia/Shanghai"), "slots": 3, "lease": 45.0}
        with Service(tmp_path, **options) as service:
            service.sql("UPDATE static_token SET name = '李雷', permissions = 'view,run'")
            data = self.me(service, token=TOKEN).json()["data"]

        assert data == {
            "user_id": USER,
            "user_name": "李雷",
            "permissions": ["run", "view"],
            "auth": "token",
            "sign_in": True,
            "header": None,
            "runner": "fake",
            "slots": 3,
            "lease": 45.0,
            "sweep": 3600.0,
            "zone": "Asia/Shanghai",
            "server_time": "2025-09-20T15:30:00.000+08:00",
            "version": data["version"],
            "keep_exchanges": "failed",
        }
        assert data["version"]

    def test_without_a_zone_of_its_own_it_tells_the_servers(self, calm):
        data = self.me(calm, token=TOKEN).json()["data"]
        here = dt.datetime.now().astimezone().isoformat()[-6:]
        assert data["zone"] == here

    def test_a_stranger_learns_how_to_come_in(self, calm):
        answer = self.me(calm)
        assert (answer.status_code, answer.json()["code"]) == (401, 40001)
        assert answer.json()["data"] == {"auth": "token", "sign_in": True, "header": None}

    def test_where_nobody_is_asked_everybody_is_in(self, tmp_path):
        with Service(tmp_path, auth="none") as service:
            data = self.me(service).json()["data"]
            answer = signed_in(service).json()

        assert (data["user_id"], data["auth"], data["sign_in"]) == (None, "none", False)
        assert (answer["code"], answer["msg"]) == (40009, "该服务不要求登录")

    def test_where_a_proxy_signs_in_nobody_else_does(self, service, monkeypatch):
        logins = service.app.state.services.auth_backend
        monkeypatch.setattr(logins, "header", "X-User", raising=False)
        stranger = self.me(service, token=TOKEN, **PAGE, cookie=f"sisyphus={TOKEN}")
        answer = signed_in(service).json()

        way_in = {"auth": "token", "sign_in": False, "header": "X-User"}
        assert (stranger.status_code, stranger.json()["data"]) == (401, way_in)
        assert (answer["code"], answer["msg"].count("X-User")) == (40009, 1)
        assert self.me(service, **{"X-User": TOKEN}).json()["data"]["user_id"] == USER

    def test_a_signed_token_names_its_user(self, tmp_path):
        key = "k" * 32
        claims = {"sub": "8", "exp": 9e9, "permissions": ["view"]}
        with Service(tmp_path, auth="jwt", jwt_key=Secret(key)) as service:
            names = []
            for name in ("韩梅梅", 5, "", "a\nb", "x" * 256):
                token = jwt.encode(claims | {"name": name}, key)
                names.append(self.me(service, token=token).json()["data"]["user_name"])
        assert names == ["韩梅梅", None, None, None, None]
