"""`mock` in a run of pytest; its rules are in tests/unit/steps."""

CONFIG = """
mock:
  rules:
    - name: user
      request: {method: GET, url: "/users/{id}$"}
      response: {body: {id: "${path_params.id | int}", name: Ann}}
"""


def test_nothing_goes_over_the_network(run_steps, server):
    """W66"""
    run = run_steps(
        """
        - name: get
          url: /users/7
          validations: [{eq: [$.id, 7]}, {status_code: 200}]
        """,
        config=CONFIG,
    )

    assert run.outcomes == {"passed": 1}
    assert server.requests == []
    response = run.steps["get"]["response"]
    assert response["mocked"] is True
    assert response["request"]["url"] == f"{server.url}/users/7"


def test_a_step_may_ask_the_real_server(run_steps, server):
    run = run_steps("- {name: get, url: /users/7, mock: {enabled: false}}", config=CONFIG)

    assert run.outcomes == {"passed": 1}
    assert [one["path"] for one in server.requests] == ["/users/7"]
    assert "mocked" not in run.steps["get"]["response"]


def test_no_rule_for_a_request_is_an_error_that_lists_them(run_steps, server):
    run = run_steps("- {name: get, url: /orders/7}", config=CONFIG)

    assert run.outcomes == {"failed": 1}
    assert run.steps["get"]["error_info"]["type"] == "ConfigError"
    run.result.stdout.fnmatch_lines(
        ["*no mock rule matches GET *; there are: case.yaml:* 'user' (for /users/{id}$)"]
    )
    assert server.requests == []


def test_the_text_of_a_mock_is_masked_like_any_other(run_steps):
    run = run_steps(
        """
        - name: login
          url: /login
          mock: {rules: [{response: {body: {token: tok-12345678}}}]}
          extractors: {token: $.token}
        - name: use
          url: /x
          mock: {rules: [{response: {body: "said ${token}"}}]}
        """
    )

    assert run.outcomes == {"passed": 1}
    assert run.steps["use"]["response"]["body"] == "said ***"
