"""`mock`: which rule answers what."""

import socket

import pytest


@pytest.fixture(autouse=True)
def no_network(monkeypatch):
    def refuse(*args, **kwargs):
        raise AssertionError("the network was touched")

    monkeypatch.setattr(socket, "create_connection", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)


def request(rules, keys="url: /users/5?page=2&tag=a&tag=b"):
    return f"- name: s\n  {keys}\n  mock:\n    rules:\n" + "".join(
        f"      - {rule}\n" for rule in rules
    )


BASE = "base_url: http://shop.test/api"


@pytest.mark.parametrize(
    ("matcher", "matches"),
    [
        ("{}", True),
        ("{url: /users}", True),
        ("{url: users/5}", True),
        ("{url: ^/api/users/5$}", True),
        ("{url: ^/users}", False),
        ("{url: 'users/\\d+$'}", True),
        ("{url: 'users/[a-z]+$'}", False),
        ("{url: ^http://shop.test/}", True),
        ("{url: 'page=2'}", True),
        ("{url: shop.test}", True),
        ("{url: '/users/{id}'}", True),
        ("{url: '/users/{id}$'}", True),
        ("{url: '/users/{id}/orders'}", False),
        ("{url: '${base_url}/users'}", True),
        ("{url: '/users/\\d{1}$'}", True),
        ("{url: '/users/\\d{2}$'}", False),
        ("{method: GET}", True),
        ("{method: get, url: /users}", True),
        ("{method: POST}", False),
        ("{method: POST, url: /users}", False),
    ],
)
def test_a_rule_is_for_some_requests(engine, matcher, matches):
    ran = engine.run(request([f"{{request: {matcher}, response: {{}}}}"]), config=BASE)

    assert ran.steps["s"]["status"] == ("success" if matches else "error")


@pytest.mark.parametrize(
    "condition",
    [
        "request.method == 'POST'",
        "${request.method} == 'POST'",
        "request.path == '/api/users'",
        "request.url == 'http://shop.test/api/users?page=2&tag=a&tag=b'",
        "request.query.page == '2'",
        "request.query.tag == ['a', 'b']",
        "request.headers['x-token'] == 'abc'",
        "request.headers['X-TOKEN'] == 'abc'",
        "request.headers.get('x-token') == 'abc'",
        "'x-token' in request.headers",
        "request.headers['content-type'] == 'application/json'",
        "request.body.name == 'Ann' && request.body.n == 5",
        "request.body.items[0] == 1",
        "${request.body.n} > ${limit}",
        "path_params.what == 'users'",
        "true",
    ],
)
def test_conditions_see_the_request(engine, condition):
    rule = f"""{{request: {{url: '/{{what}}$'}}, condition: "{condition}", response: {{}}}}"""
    keys = (
        "url: /users?page=2&tag=a&tag=b\n  method: POST\n  headers: {X-Token: abc}\n"
        "  body: {name: Ann, n: 5, items: [1]}"
    )

    ran = engine.run(request([rule], keys), config=f"{BASE}\nvariables: {{limit: 4}}")

    assert ran.status == "passed", ran.error("s")


@pytest.mark.parametrize(
    ("keys", "body"),
    [
        ("form: {a: 1, b: x y}", {"a": "1", "b": "x y"}),
        ("body: text", "text"),
        ("body: [1]", [1]),
        ("body: 5", 5),
        ("method: GET", None),
    ],
)
def test_the_body_is_seen_as_what_it_is(engine, keys, body):
    rule = '{response: {body: {saw: "${request.body}"}}}'

    ran = engine.run(request([rule], f"url: http://x/\n  {keys}"))

    assert ran.response("s")["body"] == {"saw": body}


@pytest.mark.parametrize(
    ("rules", "answered"),
    [
        (["{response: {body: a}}", "{response: {body: b}}"], "a"),
        (["{response: {body: a}}", "{priority: 1, response: {body: b}}"], "b"),
        (["{priority: -1, response: {body: a}}", "{response: {body: b}}"], "b"),
        (["{priority: 5, request: {url: /no}, response: {body: a}}", "{response: {body: b}}"], "b"),
        (["{condition: false, response: {body: a}}", "{response: {body: b}}"], "b"),
        (
            [
                "{condition: false, response: {body: a}, else_response: {body: c}}",
                "{response: {body: b}}",
            ],
            "c",
        ),
        (
            [
                "{request: {url: /no}, condition: true, response: {}, else_response: {body: c}}",
                "{response: {body: b}}",
            ],
            "b",
        ),
        (
            [
                "{condition: request.headers.x == 'a', response: {}, else_response: {body: c}}",
            ],
            "c",
        ),
        (
            ["{condition: request.body.n > 5, response: {body: a}}", "{response: {body: b}}"],
            "b",
        ),
    ],
)
def test_the_first_rule_by_priority_answers(engine, rules, answered):
    ran = engine.run(request(rules, "url: http://x/"))

    assert ran.response("s")["body"] == answered


@pytest.mark.parametrize(
    ("response", "status", "body", "headers"),
    [
        ("{}", 200, "", {}),
        ("{status_code: 404}", 404, "", {}),
        ("{status_code: '${code}'}", 503, "", {}),
        ("{body: {a: [1, null]}}", 200, {"a": [1, None]}, {"Content-Type": "application/json"}),
        ("{body: text}", 200, "text", {}),
        ("{body: 订单}", 200, "订单", {}),
        ("{body: 5}", 200, 5, {"Content-Type": "application/json"}),
        ("{body: null}", 200, None, {"Content-Type": "application/json"}),
        (
            "{body: {a: 1}, headers: {content-type: application/problem+json, X-N: 5}}",
            200,
            {"a": 1},
            {"content-type": "application/problem+json", "X-N": "5"},
        ),
        ("{body: {id: '${path_params.id}'}}", 200, {"id": "a b"}, None),
        ("{body: {id: '${path_params.n | int}'}}", 200, {"id": 7}, None),
        ("{body: {v: '${name}', m: '${request.method}'}}", 200, {"v": "Ann", "m": "GET"}, None),
        ("{body: 'hello ${name}', headers: {X-Name: '${name}'}}", 200, "hello Ann", None),
    ],
)
def test_answers(engine, response, status, body, headers):
    rule = f"{{request: {{url: '/(?P<n>\\d+)/{{id}}$'}}, response: {response}}}"

    ran = engine.run(
        request([rule], "url: http://x/7/a%20b"), config="variables: {name: Ann, code: 503}"
    )

    answer = ran.response("s")
    assert (answer["status_code"], answer["body"]) == (status, body)
    assert headers is None or answer["headers"] == headers
    assert answer["mocked"] is True


def test_the_output_shows_what_would_have_been_sent(engine):
    ran = engine.run(
        request(
            ["{response: {body: ok}}"],
            "url: /users\n  method: POST\n  params: {q: 订单}\n  auth: [ann, pw]\n"
            "  headers: {X-N: 5}\n  body: {a: 1}",
        ),
        config=BASE,
    )

    sent = ran.response("s")["request"]
    assert sent["url"] == "http://shop.test/api/users?q=%E8%AE%A2%E5%8D%95"
    assert sent["body"] == '{"a": 1}'
    assert sent["headers"]["X-N"] == "5"
    assert sent["headers"]["Authorization"].startswith("Basic ")
    assert set(ran.steps["s"]["performance"]) == {"total_time", "size"}


def test_a_relative_url_needs_no_host(engine):
    ran = engine.run(request(["{request: {url: ^/users/5}, response: {}}"], "url: /users/5"))

    assert ran.response("s")["url"] == "http://mock.invalid/users/5"


def test_the_configs_rules_answer_all_requests_and_the_steps_own_come_first(engine):
    ran = engine.run(
        """
        - {name: shared, url: http://x/}
        - {name: own, url: http://x/, mock: {rules: [{response: {body: own}}]}}
        - name: neither
          url: http://x/b
          mock: {rules: [{request: {url: /a}, response: {body: own}}]}
        - name: looped
          type: loop
          loop_type: for
          loop_count: 1
          loop_steps: [{name: child, url: http://x/}]
        """,
        config="mock: {rules: [{priority: 9, response: {body: shared}}]}",
    )

    bodies = {name: ran.response(name).get("body") for name in ran.names}
    assert bodies == {
        "shared": "shared",
        "own": "own",
        "neither": "shared",
        "looped": None,
        "child [1]": "shared",
    }


@pytest.mark.parametrize(
    ("config", "step"),
    [
        ("", "{enabled: false, rules: [{response: {}}]}"),
        ("mock: {rules: [{response: {}}]}", "{enabled: false}"),
        ("mock: {enabled: false, rules: [{response: {}}]}", None),
        ("mock: {enabled: '${on}', rules: [{response: {}}]}\nvariables: {on: false}", None),
    ],
)
def test_switched_off_the_network_answers(engine, config, step):
    ran = engine.run(
        f"- {{name: s, url: 'http://127.0.0.1:9/'{f', mock: {step}' if step else ''}}}",
        config=config,
    )

    assert "network was touched" in ran.error("s")


def test_a_request_that_no_rule_is_for_fails_and_lists_the_rules(engine):
    ran = engine.run(
        request(
            [
                "{name: orders, request: {method: POST, url: /orders}, response: {}}",
                "{request: {url: /orders}, response: {}}",
                "{name: vip, condition: \"request.headers['x-vip'] == 'yes'\", response: {}}",
                "{name: big, condition: \"${request.path} == '/big'\", response: {}}",
            ]
        ),
        config=BASE,
    )

    error = ran.steps["s"]["error_info"]
    assert ran.steps["s"]["status"] == "error"
    assert (error["type"], error["category"]) == ("ConfigError", "system")
    assert error["message"].startswith(
        "no mock rule matches GET http://shop.test/api/users/5?page=2&tag=a&tag=b; there are: "
    )
    for part in (
        "case.yaml:9 'orders' (for POST)",
        "case.yaml:10 (for /orders)",
        "'vip' (condition: no key 'x-vip'",
        "'big' (condition does not hold: ",
    ):
        assert part in error["message"]


def test_an_unknown_name_in_a_condition_is_an_error(engine):
    ran = engine.run(
        request(
            ["{condition: reqest.method == 'GET', response: {}, else_response: {}}"],
            "url: http://x/",
        )
    )

    assert ran.steps["s"]["status"] == "error"
    assert "no variable 'reqest'" in ran.error("s")
    assert "did you mean 'request'?" in ran.error("s")


def test_cookies_and_redirects_work_as_real_ones(engine):
    ran = engine.run(
        """
        - {name: login, url: /login}
        - name: me
          url: /me
          validations: [{eq: [$.cookie, sid=abc]}, {eq: [$.path, /me]}]
        """,
        config="""
        base_url: http://shop.test
        mock:
          rules:
            - request: {url: ^/login$}
              response: {status_code: 302, headers: {Location: /home, Set-Cookie: sid=abc}}
            - request: {url: ^/home$}
              response: {body: welcome}
            - request: {url: ^/me$}
              response: {body: {cookie: "${request.headers.cookie}", path: "${request.path}"}}
        """,
    )

    assert ran.status == "passed", ran.error("me")
    assert ran.response("login")["body"] == "welcome"
    assert ran.response("login")["history"][0]["status_code"] == 302


@pytest.mark.parametrize(
    ("delay", "timeout", "slept", "status"),
    [("2", "10", [2], "success"), ("20", "5", [5], "error"), ("${2 + 1}", "10", [3], "success")],
)
def test_a_delay_takes_time_and_may_be_too_long(engine, delay, timeout, slept, status):
    ran = engine.run(
        request([f"{{response: {{delay: '{delay}'}}}}"], f"url: http://x/\n  timeout: {timeout}")
    )

    assert ran.clock.slept == slept
    assert ran.steps["s"]["status"] == status
    if status == "success":
        assert ran.response("s")["response_time"] == slept[0] * 1000
    else:
        assert ran.category("s") == "timeout"


def test_mocked_failures_are_retried_like_real_ones(engine):
    ran = engine.run(
        request(
            ["{response: {status_code: 503, headers: {Retry-After: 7}}}"],
            "url: http://x/\n  retry_policy: {max_attempts: 1, retry_on: [5xx]}\n"
            "  validations: [{status_code: 200}]",
        )
    )

    assert ran.clock.slept == [7]
    assert len(ran.steps["s"]["attempts"]) == 2


@pytest.mark.filterwarnings("ignore:.*makes no template")  # in a body it may be meant
def test_text_of_a_request_is_never_a_template(engine):
    """W1"""
    evil = "${7 * 7} {{ 7 * 7 }} ${choice([])}"
    ran = engine.run(
        f"""
        - name: s
          url: /x
          method: POST
          body: {{v: "{evil.replace("${", "$${")}", c: "1 == 1"}}
          mock:
            rules:
              - {{name: lone, condition: "${{request.body.c}}", response: {{body: executed}}}}
              - request: {{url: "${{nothing}}"}}
                response: {{body: {{v: "${{request.body.v}}", t: "<${{request.body.v}}>"}}}}
          extractors: {{v: $.v}}
        - name: again
          url: /y
          mock:
            rules:
              - {{name: "${{v}}", response: {{headers: {{X-V: "${{v}}"}}, body: "${{v}}"}}}}
        """,
        config="variables: {nothing: ''}",
    )

    assert ran.response("s")["body"] == {"v": evil, "t": f"<{evil}>"}
    assert ran.response("again")["body"] == evil
    assert ran.response("again")["headers"] == {"X-V": evil}


@pytest.mark.slow
def test_a_slow_pattern_ends(engine):
    keys = f"url: http://x/{'a' * 60}!"
    ran = engine.run(request(["{request: {url: '(a|aa)+$'}, response: {}}"], keys))

    assert ran.steps["s"]["status"] == "error"


@pytest.mark.parametrize(
    ("mock", "complaint"),
    [
        ("{}", "mock needs rules"),
        ("{rules: []}", "mock needs rules"),
        ("{rules: [{request: {url: /}}]}", "'response' is missing"),
        ("{rules: [{request: {url: '('}, response: {}}]}", "is not a regular expression"),
        ("{rules: [{request: {path: /}, response: {}}]}", "unknown key 'path'"),
        ("{rules: [{response: {status: 200}}]}", "unknown key 'status'; did you mean"),
        ("{rules: [{response: {status_code: 99}}]}", "greater than or equal to 100"),
        ("{rules: [{response: {delay: -1}}]}", "greater than or equal to 0"),
        ("{rules: [{response: {body: '${nosuch()}'}}]}", "no function 'nosuch'"),
        ("{rules: [{condition: 'a ==', response: {}}]}", "the end"),
        ("{rules: [{response: {}, else_response: {}}]}", "else_response needs a condition"),
        ("{rules: {response: {}}}", "expected a list"),
        ("{rule: []}", "did you mean 'rules'"),
        ("yes please", "expected a mapping"),
    ],
)
@pytest.mark.parametrize("where", ["step", "config"])
def test_what_cannot_be_a_mock_is_refused(engine, mock, complaint, where):
    step = "- {name: s, url: http://x/"
    message = (
        engine.complaint(f"{step}, mock: {mock}}}")
        if where == "step"
        else engine.complaint(step + "}", config=f"mock: {mock}")
    )

    assert complaint in message
    assert "case.yaml:" in message
