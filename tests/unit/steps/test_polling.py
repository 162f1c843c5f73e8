"""`type: wait` and `type: poll`, on a clock that costs nothing."""

import pytest

EVIL = "$${7 * 7} $${choice([])} {{ 7 * 7 }}"

#: answers `new`, and from the third look on `done`.
ORDER = """mock: {rules: [{
        request: {url: "/orders/{id}$"},
        condition: "${attempts} >= 3",
        response: {body: {id: "${path_params.id}", state: done, at: "${waited}"}},
        else_response: {status_code: 202, body: {state: new}}}]}"""


class TestWaiting:
    @pytest.mark.parametrize(
        ("keys", "slept"),
        [
            ("seconds: 2", [2]),
            ("duration: 2.5", [2.5]),
            ("seconds: 2\n  wait_type: delay", [2]),
            ("seconds: ${n}", [3]),
            ("seconds: 0", [0]),
            ("seconds: 100", [100]),
            ("seconds: 5\n  timeout: 10", [5]),
        ],
    )
    def test_some_seconds(self, engine, keys, slept):
        ran = engine.run(f"- name: w\n  type: wait\n  {keys}", config="variables: {n: 3}")

        assert ran.clock.slept == slept
        assert ran.status == "passed"
        assert ran.response("w")["waited"] == slept[0]

    def test_more_seconds_than_its_timeout_are_no_success(self, engine):
        ran = engine.run("- {name: w, type: wait, seconds: 5, timeout: 2}")

        assert ran.clock.slept == [2]
        assert ran.category("w") == "timeout"

    @pytest.mark.parametrize(
        ("keys", "looks", "slept"),
        [
            ("max_wait: 3", 4, [1, 1, 1]),
            ("timeout: 3", 4, [1, 1, 1]),
            ("timeout: 60\n  interval: 20", 4, [20, 20, 20]),
            ("max_wait: 3\n  interval: 2", 3, [2, 1]),
            ("max_wait: 0", 1, []),
            ("", 31, [1] * 30),
        ],
    )
    def test_not_fulfilled_in_time_fails_with_what_was_seen(self, engine, keys, looks, slept):
        ran = engine.run(
            f"- name: w\n  type: wait\n  condition: ${{state}} == 'done'\n  {keys}",
            config="variables: {state: pending}",
        )

        assert ran.steps["w"]["status"] == "failed"
        assert ran.category("w") == "timeout"
        assert "state = pending" in ran.error("w")
        assert ran.error("w").startswith("case.yaml:7: \"${state} == 'done'\" did not hold")
        assert ran.clock.slept == slept
        assert ran.response("w") == {"attempts": looks, "waited": sum(slept)}

    def test_the_condition_is_looked_at_again_each_time(self, engine):
        ran = engine.run(
            '- {name: w, type: wait, condition: "${timestamp()} >= ${start} + 3"}',
            config='variables: {start: "${timestamp()}"}',
        )

        assert ran.status == "passed"
        assert ran.response("w")["attempts"] == 4

    @pytest.mark.parametrize(
        "condition",
        [
            "${response.body.state} == 'done'",
            "${body.state} == 'done'",
            "body.state == 'done' and status_code == 200",
            "${body.state == 'done'}",
            "${headers['Content-Type']} contains 'json' && ${body.state} == 'done'",
        ],
    )
    def test_a_request_is_repeated_before_each_look(self, engine, condition):
        """W55"""
        ran = engine.run(
            f"""
            - name: w
              type: wait
              condition: "{condition}"
              interval: 2
              request:
                url: /orders/7
                {ORDER}
              validations:
                - eq: [attempts, 3]
                - eq: [$.body.state, done]
                - eq: [$.status_code, 200]
              extractors: {{at: $.body.at}}
            """
        )

        assert ran.status == "passed", ran.document
        assert ran.clock.slept == [2, 2]
        assert ran.variables["at"] == 4
        assert ran.response("w")["waited"] == 4

    @pytest.mark.parametrize(
        "check",
        ["body.state == 'done'", "${response.body.state == 'done'}", "status_code == 200"],
    )
    def test_the_older_spelling_says_the_same(self, engine, check):
        """W55"""
        ran = engine.run(
            f"""
            - name: w
              type: wait
              wait_type: condition
              wait_condition:
                type: api
                request:
                  url: /orders/7
                  {ORDER}
                check: "{check}"
                interval: ${{pause}}
                timeout: 10
            """,
            config="variables: {pause: 3}",
        )

        assert ran.status == "passed"
        assert ran.response("w")["waited"] == 6

    def test_the_older_spelling_fails_in_time_too(self, engine):
        ran = engine.run(
            f"""
            - name: w
              type: wait
              wait_condition:
                type: api
                request:
                  url: /orders/7
                  {ORDER}
                check: body.state == 'lost'
                timeout: 5
            """
        )

        assert ran.clock.slept == [2, 2, 1]
        assert ran.category("w") == "timeout"
        assert "last seen: body.state = done" in ran.error("w")

    def test_a_probe_that_errors_is_shown(self, engine):
        ran = engine.run(
            """
            - name: w
              type: wait
              condition: status_code == 200
              max_wait: 2
              request: {url: "http://127.0.0.1:9/"}
            """
        )

        assert ran.category("w") == "timeout"
        assert "the last probe failed: GET http://127.0.0.1:9/: cannot connect" in ran.error("w")
        assert "cannot connect" in ran.response("w")["last_error"]
        assert ran.response("w")["attempts"] == 3

    def test_a_probe_that_errs_at_first_is_remembered_in_a_success(self, engine):
        ran = engine.run(
            """
            - name: w
              type: wait
              condition: status_code == 200
              request:
                url: "${'http://127.0.0.1:9/' if attempts < 2 else 'http://x/'}"
                mock: {enabled: "${attempts >= 2}", rules: [{response: {}}]}
            """
        )

        assert ran.status == "passed"
        assert "cannot connect" in ran.response("w")["last_error"]
        assert ran.response("w")["attempts"] == 2

    def test_what_an_answer_does_not_have_yet_may_still_come(self, engine):
        ran = engine.run(
            """
            - name: w
              type: wait
              condition: body.job.state == 'done'
              max_wait: 1
              request: {url: /x, mock: {rules: [{response: {body: {job: null}}}]}}
            """
        )

        assert ran.category("w") == "timeout"
        assert "last seen: body.job = null (" in ran.error("w")
        assert "state" in ran.error("w")

    @pytest.mark.parametrize(
        "condition", ["${bdy.state} == 'done'", "${stat} == 1", "${boddy} == 2 or body == 1"]
    )
    @pytest.mark.parametrize("request_", ["", f"request: {{url: /orders/7, {ORDER}}}"])
    def test_an_unknown_name_is_not_waited_for(self, engine, condition, request_):
        ran = engine.run(
            f"""
            - name: w
              type: wait
              condition: "{condition}"
              {request_}
            """
        )

        assert ran.steps["w"]["status"] == "error"
        assert "no variable" in ran.error("w")
        assert sum(ran.clock.slept) == 0

    def test_a_wait_is_not_longer_than_what_is_around_it(self, engine):
        ran = engine.run(
            """
            - name: l
              type: loop
              loop_type: for
              loop_count: 3
              timeout: 4
              loop_steps: [{name: w, type: wait, condition: "1 == 2", interval: 3}]
            """
        )

        assert ran.clock.slept == [3, 1]
        assert ran.steps["l"]["status"] == "failed"

    @pytest.mark.filterwarnings("ignore:.*makes no template")  # in a body it may be meant
    def test_text_of_a_server_is_never_a_condition_or_template(self, engine):
        """W1"""
        ran = engine.run(
            f"""
            - name: get
              url: /x
              mock: {{rules: [{{response: {{body: {{v: "{EVIL}"}}}}}}]}}
              extractors: {{v: $.v}}
            - {{name: lone, type: wait, condition: "${{v}}", max_wait: 1}}
            - {{name: same, type: wait, condition: "${{v}} == ${{v}}", max_wait: 1}}
            - name: probed
              type: wait
              condition: "${{body.v}} == ${{v}} and not (${{response.body.v}} contains '49')"
              max_wait: 1
              request:
                url: /x
                headers: {{X-V: "${{v}}"}}
                mock:
                  rules:
                    - condition: "${{request.headers['x-v']}} == ${{v}}"
                      response: {{body: {{v: "${{v}}"}}}}
            """
        )

        assert ran.statuses() == {
            "get": "success",
            "lone": "error",
            "same": "success",
            "probed": "success",
        }
        assert ran.response("probed")["body"] == {"v": EVIL.replace("$$", "$")}
        assert "true" not in ran.error("lone").split("neither")[0]

    @pytest.mark.parametrize(
        ("keys", "complaint"),
        [
            ("", "one of seconds, condition, wait_condition; this one has none"),
            ("seconds: 1\n  condition: a == 1", "seconds and condition"),
            ("seconds: 1\n  duration: 1", "another spelling"),
            ("seconds: -1", "greater than or equal to 0"),
            ("seconds: 1e999", "number"),
            ("seconds: 1e12", "less than or equal"),
            ("seconds: soon", "a number"),
            ("seconds: true", "expected a number"),
            ("seconds: 1\n  interval: 2", "interval belongs to a wait with condition"),
            ("condition: a == 1\n  interval: 0", "greater than or equal to 0.001"),
            ("condition: a ==", "end"),
            ("condition: [a]", "a condition is a text, such as ${n} > 1, or a boolean"),
            ("condition: a == 1\n  wait_type: delay", "does not go with condition"),
            ("seconds: 1\n  wait_type: condition", "does not go with seconds"),
            ("seconds: 1\n  wait_type: forever", "'delay' or 'condition'"),
            ("condition: a == 1\n  request: /x", "the keys of a request step"),
            ("condition: a == 1\n  request: {urll: /x}", "did you mean 'url'"),
            ("condition: a == 1\n  request: {method: GET}", "'url' is missing"),
            ("condition: a == 1\n  request: {url: /, validate: []}", "belongs beside the request"),
            ("condition: a == 1\n  request: {url: /, type: loop}", "no other type"),
            ("condition: a == 1\n  requests: {url: /}", "did you mean 'request'"),
            ("wait_condition: {type: api, check: a == 1}", "needs request"),
            ("wait_condition: {type: database, check: a == 1}", "'sql' is missing"),
            ("wait_condition: {type: dns, check: a == 1}", "'api' or 'database'"),
            ("wait_condition: {type: api, request: {url: /}}", "'check' is missing"),
            (
                "wait_condition: {type: api, request: {url: /}, sql: s, check: a == 1}",
                "has request, not sql",
            ),
        ],
    )
    def test_what_cannot_be_a_wait_is_refused(self, engine, keys, complaint):
        message = engine.complaint(f"- name: w\n  type: wait\n  {keys}")

        assert complaint in message
        assert message.startswith("case.yaml:")


class TestPolling:
    def poll(self, keys, more=""):
        return f"""
            - name: p
              type: poll
              request:
                method: POST
                url: /orders/7
                body: {{look: "${{attempts}}"}}
                {ORDER}
              {keys}
{more}
            """

    def test_its_last_response_is_checked_and_extracted_like_a_requests(self, engine):
        more = """
              validations:
                - status_code: 200
                - eq: [$.state, done]
                - eq: [attempts, 3]
                - eq: [waited, 2]
                - {type: eq, path: headers.content-type, expect: application/json}
                - lt: [performance.total_time, 1000]
              extractors:
                state: $.state
                code: {type: status}
        """
        ran = engine.run(self.poll("until: ${body.state} == 'done'", more))

        assert ran.status == "passed", ran.document
        assert (ran.variables["state"], ran.variables["code"]) == ("done", 200)
        assert ran.steps["p"]["performance"]["total_time"] == 0
        response = ran.response("p")
        assert response["request"]["body"] == '{"look": 3}'
        assert (response["attempts"], response["waited"], response["mocked"]) == (3, 2, True)

    @pytest.mark.parametrize(
        ("keys", "pauses"),
        [
            ("max_attempts: 3", [1, 1]),
            ("max_attempts: 3\n              interval: 0.5", [0.5, 0.5]),
            ("max_attempts: 5\n              backoff: exponential", [1, 2, 4, 8]),
            ("timeout: 2", [1, 1]),
            ("timeout: 6\n              backoff: exponential", [1, 2, 3]),
            ("max_attempts: 9\n              timeout: 2", [1, 1]),
            ("max_attempts: 2\n              timeout: 90", [1]),
            ("max_attempts: 40", [1] * 39),
            ("", [1] * 30),
            (
                "max_attempts: 6\n              interval: 20\n              backoff: exponential",
                [20, 40, 60, 60, 60],
            ),
        ],
    )
    def test_patience_ends(self, engine, keys, pauses):
        ran = engine.run(self.poll(f"{keys}\n              until: ${{body.state}} == 'never'"))

        assert ran.clock.slept == pauses
        assert ran.steps["p"]["status"] == "failed"
        assert ran.category("p") == "timeout"
        assert ran.response("p")["attempts"] == len(pauses) + 1
        assert "last seen: body.state = " in ran.error("p")

    def test_when_it_fails_its_checks_are_there_too(self, engine):
        ran = engine.run(
            self.poll(
                "until: false\n              max_attempts: 1",
                "              validations: [{status_code: 202}]",
            )
        )

        assert [check["passed"] for check in ran.steps["p"]["validations"]] == [True]
        assert ran.error("p").startswith("case.yaml:")

    def test_a_server_that_never_answers_is_told(self, engine):
        ran = engine.run(
            """
            - name: p
              type: poll
              request: {url: "http://127.0.0.1:9/"}
              until: status_code == 200
              max_attempts: 2
            """
        )

        assert ran.steps["p"]["status"] == "failed"
        assert ran.category("p") == "timeout"
        assert "cannot connect" in ran.error("p")
        assert "cannot connect" in ran.response("p")["last_error"]

    @pytest.mark.parametrize("url", ["${nothing_such}", "/relative"])
    def test_what_cannot_change_by_asking_again_is_not_asked_again(self, engine, url):
        ran = engine.run(
            f"""
            - {{name: p, type: poll, until: status_code == 200, request: {{url: "{url}"}}}}
            """
        )

        assert ran.steps["p"]["status"] == "error"
        assert ran.clock.slept == []

    @pytest.mark.parametrize(
        ("keys", "complaint"),
        [
            ("request: {url: /}", "poll needs until"),
            ("until: a == 1", "poll needs request"),
            ("request: {url: /}\n  until: a == 1\n  backoff: linear", "'fixed' or 'exponential'"),
            ("request: {url: /}\n  until: a == 1\n  max_attempts: 0", "greater than or equal to 1"),
            ("request: {url: /}\n  until: a == 1\n  interval: 0", "greater than or equal to"),
            ("request: {url: /}\n  until: nosuch() == 1", "no function 'nosuch'"),
            ("request: {url: /}\n  untill: a == 1", "did you mean 'until'"),
        ],
    )
    def test_what_cannot_be_a_poll_is_refused(self, engine, keys, complaint):
        assert complaint in engine.complaint(f"- name: p\n  type: poll\n  {keys}")

    @pytest.mark.filterwarnings("ignore:.*makes no template")  # in a body it may be meant
    def test_text_of_a_server_is_never_a_condition(self, engine):
        """W1"""
        ran = engine.run(
            f"""
            - name: p
              type: poll
              request:
                url: /x
                mock: {{rules: [{{response: {{body: {{v: "{EVIL}", ok: "1 == 1"}}}}}}]}}
              until: "${{body.ok}}"
              max_attempts: 2
            - name: q
              type: poll
              request:
                url: /x
                mock: {{rules: [{{response: {{body: {{v: "{EVIL}"}}}}}}]}}
              until: "${{body.v}} contains '7 * 7'"
              extractors: {{v: $.v}}
            """
        )

        assert ran.steps["p"]["status"] == "failed"
        assert ran.steps["q"]["status"] == "success"
        assert ran.variables["v"] == EVIL.replace("$$", "$")
