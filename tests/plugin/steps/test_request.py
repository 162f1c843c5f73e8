"""`type: request`: what is sent, what comes back, what goes wrong on the way."""

import base64
import json

import pytest


def sent(server):
    return server.requests[-1]


class TestWhatIsSent:
    @pytest.mark.parametrize(
        ("keys", "content_type", "body"),
        [
            ("body: {a: 1, b: [true, null]}", "application/json", '{"a": 1, "b": [true, null]}'),
            ("body: [1, 2]", "application/json", "[1, 2]"),
            (
                "body: {1: b, true: c, 0: d, 1.0: f, 1.50: g, null: h}",
                "application/json",
                '{"1": "b", "true": "c", "0": "d", "1.0": "f", "1.50": "g", "null": "h"}',
            ),
            ("form: {1: b, true: c}", "application/x-www-form-urlencoded", "1=b&true=c"),
            ("body: 5", "application/json", "5"),
            ("body: true", "application/json", "true"),
            ("body: null", "application/json", "null"),
            ("body: just text", None, "just text"),
            ("body: 订单", None, "订单"),
            ("json: {a: 1}", "application/json", '{"a": 1}'),
            ("json: text", "application/json", '"text"'),
            ("form: {a: 1, b: x y}", "application/x-www-form-urlencoded", "a=1&b=x+y"),
            ("form: {a: [1, 2]}", "application/x-www-form-urlencoded", "a=1&a=2"),
            ("data: {a: true}", "application/x-www-form-urlencoded", "a=true"),
            ("data: raw text", None, "raw text"),
            ("content: <a/>", None, "<a/>"),
            (
                "body: {a: 1}\n  headers: {content-type: application/x-www-form-urlencoded}",
                "application/x-www-form-urlencoded",
                "a=1",
            ),
            (
                "body: {a: 1}\n  headers: {Content-Type: application/vnd.api+json}",
                "application/vnd.api+json",
                '{"a": 1}',
            ),
            ("body: <a/>\n  headers: {Content-Type: text/xml}", "text/xml", "<a/>"),
        ],
    )
    def test_one_body_by_its_key_and_type(self, run_steps, server, keys, content_type, body):
        run_steps(f"- name: s\n  method: POST\n  url: /anything\n  {keys}")

        assert sent(server)["body"] == body
        assert sent(server)["headers"].get("Content-Type") == content_type

    def test_a_multipart_mapping_gets_its_boundary(self, run_steps, server):
        """W31"""
        run_steps(
            """
            - name: s
              method: POST
              url: /anything
              headers: {Content-Type: multipart/form-data}
              body: {title: 图}
            """
        )

        content_type = sent(server)["headers"]["Content-Type"]
        assert content_type.startswith("multipart/form-data; boundary=")
        assert content_type.split("boundary=")[1] in sent(server)["body"]

    def test_files_are_uploaded_from_beside_the_case(self, run_steps, server):
        run_steps(
            """
            - name: s
              method: POST
              url: /anything
              files:
                plain: data.txt
                named: {path: data.txt, filename: 报告.csv, content_type: text/csv}
              form: {note: hi}
            """,
            data__txt="the content",
        )

        body = sent(server)["body"]
        assert body.count("the content") == 2
        assert "text/csv" in body
        assert 'name="note"' in body

    def test_a_file_outside_the_root_is_refused(self, run_steps, server):
        run = run_steps(
            "- {name: s, method: POST, url: /anything, files: {f: '${v}'}}",
            config="variables: {v: /etc/passwd}",
        )

        assert "lies outside of" in run.error("s")
        assert server.requests == []

    @pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE", "OPTIONS", "PURGE"])
    def test_any_method(self, run_steps, server, method):
        run_steps(f"- {{name: s, method: {method.lower()}, url: /anything}}")

        assert sent(server)["method"] == method

    @pytest.mark.parametrize(
        ("auth", "header"),
        [
            (
                "{type: basic, username: 王, password: b}",
                b"Basic " + base64.b64encode("王:b".encode()),
            ),
            ("[a, b]", b"Basic " + base64.b64encode(b"a:b")),
            ("{type: bearer, token: t0}", b"Bearer t0"),
        ],
    )
    def test_credentials(self, run_steps, server, auth, header):
        run_steps(f"- {{name: s, url: /anything, auth: {auth}}}")

        assert sent(server)["headers"]["Authorization"].encode() == header

    def test_credentials_in_the_url_are_sent_and_masked(self, run_steps, server):
        run = run_steps(
            f"- {{name: s, url: 'http://joe:sesame99@127.0.0.1:{server.server_port}/x'}}"
        )

        header = server.requests[0]["headers"]["Authorization"]
        assert base64.b64decode(header.removeprefix("Basic ")) == b"joe:sesame99"
        assert "sesame99" not in repr(run.document)

    def test_a_netrc_never_replaces_the_steps_credentials(
        self, run_steps, server, tmp_path, monkeypatch
    ):
        """W9"""
        netrc = tmp_path / "netrc"
        netrc.write_text("machine 127.0.0.1 login thief password thief\n")
        netrc.chmod(0o600)
        monkeypatch.setenv("NETRC", str(netrc))

        run_steps("- {name: s, url: /anything, headers: {Authorization: Bearer mine}}")

        assert sent(server)["headers"]["Authorization"] == "Bearer mine"

    def test_header_values_may_be_numbers_and_chinese(self, run_steps, server):
        """W78"""
        run = run_steps("- {name: s, url: /anything, headers: {X-N: 5, X-Name: 订单, X-B: true}}")

        headers = sent(server)["headers"]
        assert run.outcomes == {"passed": 1}
        assert (headers["X-N"], headers["X-B"]) == ("5", "true")
        assert headers["X-Name"].encode("latin-1").decode() == "订单"

    def test_a_line_break_in_a_header_is_refused(self, run_steps, server):
        run = run_steps(
            "- {name: s, url: /anything, headers: {X-N: '${v}'}}",
            config='variables: {v: "a\\r\\nX-Evil: 1"}',
        )

        assert "holds a line break" in run.error("s")
        assert server.requests == []

    def test_query_values_keep_their_meaning(self, run_steps, server):
        run_steps(
            "- {name: s, url: '/anything?a=1', params: {b: true, c: x y, d: [1, 2], e: null}}"
        )

        assert sent(server)["target"] == "/anything?a=1&b=true&c=x+y&d=1&d=2"

    @pytest.mark.parametrize(
        ("keys", "body"),
        [
            ("form: {a: null, b: 1}", "b=1"),
            ("form: {a: [1, null, 2]}", "a=1&a=2"),
            ("data: {a: null, b: true}", "b=true"),
            (
                "body: {a: null, b: 1}\n  headers: {Content-Type: application/x-www-form-urlencoded}",
                "b=1",
            ),
            ("form: {a: '${nothing}', b: 1.50}", "b=1.50"),
            ("params: {a: null, b: [null, 2]}", ""),
            ("json: {a: null}", '{"a": null}'),
        ],
    )
    def test_null_leaves_the_key_out_of_a_form(self, run_steps, server, keys, body):
        """B10"""
        run_steps(
            f"- name: s\n  method: POST\n  url: /anything\n  {keys}",
            config="variables: {nothing: null}",
        )

        assert sent(server)["body"] == body
        assert sent(server)["query"] == ({"b": "2"} if "params" in keys else {})

    def test_null_leaves_a_part_and_a_cookie_out(self, run_steps, server):
        run_steps(
            """
            - {name: s, method: POST, url: /anything, cookies: {a: null, b: x},
               headers: {Content-Type: multipart/form-data}, body: {gone: null, kept: 1}}
            """
        )

        assert "gone" not in sent(server)["body"]
        assert 'name="kept"' in sent(server)["body"]
        assert sent(server)["headers"]["Cookie"] == "b=x"

    @pytest.mark.parametrize(
        ("headers", "arrived"),
        [
            ("{x-env: null}", {"X-Tenant": "7"}),
            ("{X-ENV: null, x-tenant: null}", {}),
            ("{x-env: own}", {"X-Env": "own", "X-Tenant": "7"}),
            ("{X-Env: '${nothing}'}", {"X-Tenant": "7"}),
            ("{}", {"X-Env": "st", "X-Tenant": "7"}),
        ],
    )
    def test_a_header_is_replaced_or_dropped_whatever_its_case(
        self, run_steps, server, headers, arrived
    ):
        """B10: the profile's goes over the config's, the step's over both."""
        run_steps(
            f"- {{name: s, url: /anything, headers: {headers}}}",
            config="""
active_profile: st
variables: {nothing: null}
headers: {x-env: none, X-Tenant: 7, X-Dropped: 1}
profiles: {st: {headers: {X-Env: st, x-dropped: null}}}
""",
        )

        ours = {name: one for name, one in sent(server)["headers"].items() if name[:2] == "X-"}
        assert ours == arrived

    @pytest.mark.parametrize("name", ["User-Agent", "accept-encoding", "Accept", "content-type"])
    def test_a_header_that_nobody_wrote_can_be_dropped_too(self, run_steps, server, name):
        run = run_steps(
            f"- {{name: s, method: POST, url: /anything, json: {{a: 1}}, headers: {{{name}: null}}}}"
            f"\n- {{name: f, method: POST, url: /anything, form: {{a: 1}}, headers: {{{name}: null}}}}"
        )

        assert run.outcomes == {"passed": 1}
        for asked in server.requests:
            assert name.title() not in asked["headers"]
        shown = run.steps["s"]["response"]["request"]["headers"]
        assert name.lower() not in map(str.lower, shown)

    def test_a_header_that_stands_twice_is_a_complaint(self, run_steps):
        run = run_steps("- {name: s, url: /anything, headers: {X-A: 1, x-a: 2}}")

        assert "header 'x-a' is 'X-A', which stands here too" in run.stdout

    @pytest.mark.parametrize(
        ("url", "target"),
        [
            ("/web/2020/http://example.com/x", "/web/2020/http://example.com/x"),
            ("web/http://example.com", "/web/http://example.com"),
            ("/x?to=http://example.com", "/x?to=http://example.com"),
            ("://x", "/://x"),
            ("/x#http://example.com", "/x"),
        ],
    )
    def test_only_a_scheme_at_the_start_makes_a_url_absolute(self, run_steps, server, url, target):
        """B6"""
        run = run_steps(f"- {{name: s, url: '{url}'}}")

        assert run.outcomes == {"passed": 1}, run.stdout
        assert sent(server)["target"] == target

    def test_braces_in_a_url_are_text(self, run_steps, server):
        """W62"""
        run = run_steps("- {name: s, url: '/anything?q={%22a%22:1}'}")

        assert run.outcomes == {"passed": 1}


class TestTheSession:
    def test_cookies_flow_from_step_to_step_until_cleared(self, run_steps, server):
        run_steps(
            """
            - {name: set, url: "/cookie?sid=abc"}
            - {name: kept, url: /anything}
            - {name: own, url: /anything, cookies: {lang: zh}}
            - {name: cleared, url: /anything, cookies: clear}
            """
        )

        cookies = [asked["headers"].get("Cookie") for asked in server.requests]
        assert cookies[1] == "sid=abc"
        assert set(cookies[2].split("; ")) == {"sid=abc", "lang=zh"}
        assert cookies[3] is None

    def test_a_connection_is_kept_and_says_so(self, run_steps, server):
        run = run_steps("- {name: one, url: /anything}\n- {name: two, url: /anything}")

        one, two = (run.steps[name]["performance"] for name in ("one", "two"))
        assert server.requests[0]["client"] == server.requests[1]["client"]
        assert one["reused"] is False
        assert two["reused"] is True
        assert (two["dns_time"], two["tcp_time"], two["tls_time"]) == (0, 0, 0)
        assert 0 < one["server_time"] <= one["total_time"]

    def test_redirects_keep_their_statuses_and_cookies(self, run_steps, server):
        """W52"""
        run = run_steps(
            """
            - name: s
              url: /redirect?to=/anything
              validations:
                - status_code: 200
                - {type: eq, path: "$.history[0].status_code", expect: 302}
                - {type: eq, path: $.cookies.hop, expect: "1"}
            - {name: not followed, url: /redirect?to=/anything, allow_redirects: false,
               validations: [{status_code: 302}]}
            """
        )

        assert run.outcomes == {"passed": 1}


class TestWhatComesBack:
    @pytest.mark.parametrize(
        ("content_type", "body", "checks"),
        [
            ("application/json", '{"a":1}', "[{eq: [$.a, 1]}]"),
            ("application/problem+json; charset=utf-8", '{"a":1}', "[{eq: [$.a, 1]}]"),
            ("application/json", "[1,2]", "[{length_eq: [$, 2]}]"),
            ("application/json", '"x"', "[{eq: [$, x]}]"),
            ("application/json", "not json", "[{eq: [$, not json]}]"),
            ("application/json", "", "[{eq: [$, '']}]"),
            ("application/json", "NaN", "[{eq: [$, NaN]}]"),
            ("text/plain", '{"a":1}', "[{eq: [$.a, 1]}]"),
            ("text/plain", "5", "[{type: eq, path: $, expect: '5', strict: true}]"),
            ("text/html", "<b>订单</b>", "[{contains: [$, 订单]}]"),
            ("", "no type", "[{eq: [$, no type]}]"),
        ],
    )
    def test_a_body_is_what_it_is(self, run_steps, server, content_type, body, checks):
        """W57"""
        run = run_steps(
            f"""
            - name: s
              url: /raw
              params: {{type: {json.dumps(content_type)}, body: {json.dumps(body)}}}
              validations: {checks}
            """
        )

        assert run.outcomes == {"passed": 1}, run.stdout

    def test_headers_cookies_and_times_can_be_checked(self, run_steps):
        """W58"""
        run = run_steps(
            """
            - name: s
              url: /cookie?a=b
              validations:
                - eq: [$.headers.content-type, application/json]
                - eq: [$.cookies.a, b]
                - lt: [$.response_time, 5000]
                - eq: [$.size, 2]
                - {type: eq, path: $.content-type, source: headers, expect: application/json}
            """
        )

        assert run.outcomes == {"passed": 1}, run.stdout

    def test_bytes_are_kept(self, run_steps):
        run = run_steps("- {name: s, url: /bytes}")

        body = run.steps["s"]["response"]["body"]
        assert base64.b64decode(body["base64"]) == b"\xff\xfe\x00binary"

    def test_a_status_by_itself_fails_nothing(self, run_steps):
        assert run_steps("- {name: s, url: /status/500}").outcomes == {"passed": 1}

    def test_a_long_body_is_checked_whole_and_shown_cut(self, run_steps):
        run = run_steps(
            """
            - name: s
              method: POST
              url: /anything
              body: {long: "${'x' * 5000}"}
              validations: [{length_eq: [$.json.long, 5000]}]
            """,
            "-o",
            "sisyphus_max_body=100",
        )

        response = run.steps["s"]["response"]
        assert run.outcomes == {"passed": 1}
        assert response["truncated"] is True
        assert response["full_size"] > 5000
        assert len(response["body"]) <= 100


class TestWhatGoesWrong:
    @pytest.mark.parametrize(
        ("step", "kind", "category", "message"),
        [
            ("url: http://127.0.0.1:1/x", "ConnectionError", "network", "cannot connect"),
            ("url: http://no.such.host.invalid/", "ConnectionError", "network", "cannot connect"),
            ("url: /reset", "NetworkError", "network", "the connection broke"),
            ("url: /half", "NetworkError", "network", "in the middle of the body"),
            ("url: /garbage", "HTTPError", "network", "did not speak HTTP"),
            ("url: /gzip-lie", "ValidationError", "parsing", "Content-Encoding"),
            ("url: '/slow?seconds=3'\n  timeout: 0.2", "TimeoutError", "timeout", "within 0.2 s"),
            ("url: /drip\n  timeout: 0.3", "TimeoutError", "timeout", "within 0.3 s"),
            ("url: '/slow?seconds=3'\n  timeout: {read: 0.2}", "TimeoutError", "timeout", "0.2 s"),
            ("url: 'ftp://x/'", "ConfigError", "system", "ftp"),
            ("url: 'http://'", "ConfigError", "system", "http://"),
            ("url: 'http://[::1/'", "ConfigError", "system", "[::1"),
        ],
    )
    def test_each_has_its_type_and_says_what(self, run_steps, step, kind, category, message):
        run = run_steps(f"- name: s\n  {step}")

        info = run.steps["s"]["error_info"]
        assert run.steps["s"]["status"] == "error"
        assert (info["type"], info["category"]) == (kind, category)
        assert message in info["message"]

    @pytest.mark.parametrize(
        ("url", "hint"),
        [("http://no.such.host.invalid/", "DNS"), ("http://127.0.0.1:1/x", "base_url, the port")],
    )
    def test_a_name_without_an_address_is_no_closed_port(self, run_steps, url, hint):
        run = run_steps(f"- name: s\n  url: {url}")

        assert hint in run.steps["s"]["error_info"]["suggestion"]

    def test_a_relative_url_without_base_url_says_so(self, run_yaml):
        run = run_yaml("name: a\nsteps:\n- {name: s, url: /x}\n")

        assert "there is no base_url" in run.error("s")

    def test_the_base_url_may_come_from_the_command_line(self, run_yaml, server):
        run = run_yaml(
            "name: a\nsteps:\n- {name: s, url: /x}\n", f"--sisyphus-var=base_url={server.url}"
        )

        assert run.outcomes == {"passed": 1}


LOGIN = "- {name: login, url: /echo, params: {t: abc1}, extractors: {token: $.query.t}"


class TestConfigHeaders:
    @pytest.mark.parametrize("variables", ["{}", "{token: old}"])
    def test_each_request_renders_them(self, run_steps, variables):
        run = run_steps(
            f"""{LOGIN}, headers: {{authorization: null}}}}
- {{name: me, url: /echo, validations: [{{eq: [$.headers.Authorization, Bearer abc1]}}]}}
""",
            config=f"headers: {{Authorization: 'Bearer ${{token}}'}}\nvariables: {variables}",
        )

        assert run.outcomes == {"passed": 1}, run.stdout
        assert "Authorization" not in run.steps["login"]["response"]["body"]["headers"]

    def test_the_profile_s_go_over_them_and_may_be_templates(self, run_steps):
        run = run_steps(
            "- {name: s, url: /echo, validations: [{eq: [$.headers.X-A, p1]}]}",
            config="""
                headers: {X-A: '${nobody}'}
                variables: {n: 1}
                active_profile: p
                profiles: {p: {headers: {x-a: 'p${n}'}}}
            """,
        )

        assert run.outcomes == {"passed": 1}, run.stdout

    def test_a_request_that_cannot_have_one_says_what_to_write(self, run_steps):
        run = run_steps(f"{LOGIN}}}", config="headers: {Authorization: 'Bearer ${token}'}")

        error = run.steps["login"]["error_info"]
        assert "no variable 'token' in 'Bearer ${token}' at case.yaml:4" in error["message"]
        assert "has null for it in its own headers" in error["suggestion"]
