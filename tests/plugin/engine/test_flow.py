"""How the steps of a case follow each other: skips, failures, retries, setup and teardown."""

import pytest

PASS = "url: /anything"
FAIL = "url: /status/500, validations: [{status_code: 200}]"


def paths(server):
    return [asked["path"] for asked in server.requests]


class TestSkipping:
    @pytest.mark.parametrize(
        ("condition", "ran"),
        [
            ("skip_if: true", False),
            ("skip_if: '${n} > 3'", True),
            ("skip_if: '${n == 2}'", False),
            ("only_if: '${n} == 2'", True),
            ("only_if: '${word} != null'", True),
            ("only_if: \"${word} == 'y'\"", False),
            ("only_if: no", False),
        ],
    )
    def test_conditions(self, run_steps, server, condition, ran):
        """W25"""
        run = run_steps(
            f"- {{name: first, {PASS}}}\n- name: s\n  url: /asked\n  {condition}",
            config="variables: {n: 2, word: x}",
        )

        assert ("/asked" in paths(server)) is ran
        assert run.steps["s"]["status"] == ("success" if ran else "skipped")

    def test_a_condition_that_cannot_be_evaluated_is_an_error_not_a_skip(self, run_steps):
        run = run_steps(f"- {{name: s, {PASS}, skip_if: '${{missing}} == 1'}}")

        assert run.steps["s"]["status"] == "error"
        assert "no variable 'missing'" in run.error("s")

    @pytest.mark.parametrize("depends_on", ["first", "[first]"])
    def test_an_unmet_dependency_skips_and_says_so(self, run_steps, depends_on):
        run = run_steps(
            f"- {{name: first, {FAIL}}}\n- {{name: s, {PASS}, depends_on: {depends_on}}}"
        )

        assert run.statuses() == ["failed", "skipped"]
        assert run.steps["s"]["meta"]["reason"] == "depends_on 'first', which is failed"

    def test_a_case_of_skipped_steps_is_skipped(self, run_steps):
        run = run_steps(f"- {{name: s, {PASS}, skip_if: true}}", "-rs")

        assert run.outcomes == {"skipped": 1}
        assert "every step is skipped: skip_if holds: true" in run.stdout

    def test_a_setup_that_ran_changes_nothing_of_that(self, run_yaml, server):
        run = run_yaml(
            f"""
            name: case
            config: {{base_url: {server.url}}}
            setup: [{{name: before, {PASS}}}]
            steps: [{{name: l, type: loop, loop_type: foreach, loop_items: [], loop_steps: [{{name: x, {PASS}}}]}}]
            """,
            "-rs",
        )

        assert run.outcomes == {"skipped": 1}
        assert "every step is skipped: no iteration: loop_items is empty" in run.stdout


class TestFailing:
    def test_later_steps_run_after_a_failure(self, run_steps):
        run = run_steps(f"- {{name: a, {FAIL}}}\n- {{name: b, {PASS}}}")

        assert run.statuses() == ["failed", "success"]
        assert run.outcomes == {"failed": 1}

    def test_stop_on_failure_skips_them_but_not_the_teardown(self, run_yaml, server):
        """W64"""
        run = run_yaml(
            f"""
            name: a
            config: {{base_url: {server.url}, stop_on_failure: true}}
            steps:
              - {{name: bad, {FAIL}}}
              - {{name: after, {PASS}}}
            teardown:
              - {{name: clean, url: /clean}}
            """
        )

        assert run.statuses() == ["failed", "skipped", "success"]
        assert "stop_on_failure" in run.steps["after"]["meta"]["reason"]

    def test_continue_on_failure_overrules_it_and_the_case_still_fails(self, run_steps):
        run = run_steps(
            f"- {{name: bad, {FAIL}, continue_on_failure: true}}\n- {{name: after, {PASS}}}",
            config="stop_on_failure: true",
        )

        assert run.statuses() == ["failed", "success"]
        assert run.outcomes == {"failed": 1}

    def test_every_check_is_judged_and_kept_in_order(self, run_steps):
        """W35, W36"""
        run = run_steps(
            """
            - name: s
              url: /status/418
              validations:
                - {type: eq, path: $.code, expect: 0, description: 业务码应为0}
                - eq: [$.message, status]
                - gt: [$.message, 3]
                - eq: [$.missing, 1]
            """
        )

        step = run.steps["s"]
        checks = step["validations"]
        assert [check["passed"] for check in checks] == [False, True, False, False]
        assert checks[0] == {
            "passed": False,
            "type": "eq",
            "path": "$.code",
            "actual": 418,
            "expected": 0,
            "description": "业务码应为0",
            "error": "Expected 0, but got 418",
        }
        assert "no match for $.missing" in checks[3]["error"]
        assert step["error_info"] == {
            "type": "AssertionError",
            "category": "assertion",
            "message": "Expected 0, but got 418",
            "suggestion": None,
        }
        assert step["response"]["status_code"] == 418
        assert step["performance"]["total_time"] > 0

    def test_the_terminal_shows_place_question_answer_and_check(self, run_steps, server):
        run = run_steps(f"- {{name: fine, {PASS}}}\n- {{name: s, {FAIL}}}")

        assert "case.yaml:6: step 's' failed" in run.stdout
        assert f"request:  GET {server.url}/status/500" in run.stdout
        assert "response: 500" in run.stdout
        assert "FAILED case.yaml:6: status_code" in run.stdout
        assert "Traceback" not in run.stdout
        assert "'fine'" not in run.stdout

    def test_a_missing_variable_is_an_error_everywhere(self, run_steps, server):
        """W17"""
        for place in (
            "params: {a: '${nope}'}",
            "headers: {a: '${nope}'}",
            "body: {a: ['${nope}']}",
        ):
            run = run_steps(f"- {{name: s, url: /anything, {place}}}")

            assert run.steps["s"]["status"] == "error"
            assert "no variable 'nope'" in run.error("s")
            assert "case.yaml:5" in run.error("s")
        assert server.requests == []

    def test_an_extractor_without_a_match_fails_the_step(self, run_steps):
        """W28"""
        run = run_steps("- {name: s, url: /anything, extractors: {v: $.nope}}")

        assert run.steps["s"]["status"] == "error"
        assert run.steps["s"]["error_info"]["category"] == "parsing"
        assert "extractor 'v'" in run.error("s")

    def test_an_extractor_may_have_a_default(self, run_steps):
        run = run_steps(
            "- {name: s, url: /anything, extractors: [{name: v, path: $.nope, default: 5}]}"
        )

        assert run.steps["s"]["extracted_vars"] == {"v": 5}

    def test_the_first_line_has_the_reason_and_the_last_counts_the_skipped(self, run_steps):
        run = run_steps(f"- {{name: s, {FAIL}}}\n- {{name: t, {PASS}, depends_on: s}}", "-rf")

        assert "step 's' failed: Expected status 200, but got 500" in run.stdout
        assert "1 of 2 steps were skipped" in run.stdout


class TestRetrying:
    def test_until_it_passes_with_every_attempt_recorded(self, run_steps, server):
        """W48"""
        run = run_steps(
            """
            - name: s
              url: /flaky/2
              retry_policy: {max_attempts: 3, strategy: fixed, base_delay: 0.01}
              validations: [{status_code: 200}]
            """
        )

        step = run.steps["s"]
        assert step["status"] == "success"
        assert step["retry_count"] == 2
        assert [one["status"] for one in step["attempts"]] == ["failed", "failed", "success"]
        assert [one.get("delay") for one in step["attempts"]] == [0.01, 0.01, None]

    def test_a_named_status_is_asked_again_without_a_check(self, run_steps, server):
        run = run_steps(
            """
            - name: s
              url: /flaky/2
              retry_policy: {max_attempts: 3, base_delay: 0.01, strategy: fixed, retry_on: [5xx]}
            """
        )

        step = run.steps["s"]
        assert (step["status"], step["retry_count"]) == ("success", 2)
        assert step["response"]["status_code"] == 200
        assert [one["delay"] for one in step["attempts"][:2]] == [0.01, 0.01]

    def test_a_named_status_that_stays_fails_nothing_by_itself(self, run_steps, server):
        run = run_steps(
            """
            - name: s
              url: /status/503
              retry_policy: {max_attempts: 1, base_delay: 0.01, retry_on: [503]}
            """
        )

        assert (run.steps["s"]["status"], run.steps["s"]["retry_count"]) == ("success", 1)
        assert run.steps["s"]["response"]["status_code"] == 503

    def test_no_longer_than_allowed(self, run_steps, server):
        run = run_steps(
            """
            - name: s
              url: /flaky/9
              retry_policy: {max_attempts: 2, base_delay: 0.01}
              validations: [{status_code: 200}]
            """
        )

        assert server.counts["/flaky/9"] == 3
        assert run.outcomes == {"failed": 1}

    @pytest.mark.parametrize(
        ("policy", "calls"),
        [
            ("retry_on: [assertion]", 2),
            ("retry_on: [network]", 1),
            ("retry_on: [5xx]", 2),
            ("retry_on: [503]", 2),
            ("retry_on: ['500']", 1),
            ("retry_on: [AssertionError]", 2),
            ("retry_on: [validation]", 2),
            ("stop_on: [assertion]", 1),
            ("stop_on: [4xx]", 2),
        ],
    )
    def test_by_category_type_or_status(self, run_steps, server, policy, calls):
        """W63"""
        run_steps(
            f"""
            - name: s
              url: /flaky/1
              retry_policy: {{max_attempts: 1, base_delay: 0.01, {policy}}}
              validations: [{{status_code: 200}}]
            """
        )

        assert server.counts["/flaky/1"] == calls

    def test_what_cannot_change_is_not_tried_again(self, run_steps, server):
        run = run_steps("- {name: s, url: '/x/${nope}', retry_times: 5}")

        assert run.steps["s"]["retry_count"] == 0

    @pytest.mark.parametrize(
        ("more", "calls"),
        [
            ("validations: [{eq: [$.ok, '${nope}']}]", 1),
            ("validations: [{status_code: 200}, {eq: [$.ok, '${nope}']}]", 1),
            ("validations: [{type: or, sub_validations: [{eq: [$.ok, '${nope}']}]}]", 1),
            ("validations: [{eq: [$.ok, '${url.nope}']}]", 1),
            ("validations: [{eq: ['${nope}', 1]}]", 1),
            ("extractors: {v: '$.${nope}'}", 1),
            ("validations: [{gt: [$.ok, 5]}]", 3),
            # what the answer brings may be there the next time
            ("validations: [{eq: [$.ok, '${response.body.later}']}]", 3),
            ("validations: [{eq: [$.ok, '${v}']}]\n  extractors: {v: $.later}", 3),
            (
                "extractors: [{name: v, path: $.x, required: false}]\n  validate: [{eq: [$.ok, '${v}']}]",
                3,
            ),
            ("validations: [{eq: [$.ok, '${v == nope}']}]\n  extractors: {v: $.later}", 1),
        ],
    )
    def test_nor_is_a_mistake_in_what_looks_at_the_answer(self, run_steps, server, more, calls):
        run = run_steps(
            "- name: s\n  url: /flaky/9\n"
            f"  retry_policy: {{max_attempts: 2, strategy: fixed, base_delay: 0}}\n  {more}",
            config="variables: {url: {}}",
        )

        assert run.outcomes == {"failed": 1}
        assert server.counts["/flaky/9"] == calls

    @pytest.mark.parametrize(
        "around",
        [
            "type: loop\n  loop_type: for\n  loop_count: 1\n  loop_steps:",
            "type: concurrent\n  concurrent_steps:",
        ],
    )
    def test_nor_are_steps_around_it(self, run_steps, server, around):
        run = run_steps(
            f"- name: s\n  retry_policy: {{max_attempts: 2, base_delay: 0}}\n  {around}\n"
            "  - {name: t, url: /asked, validations: [{eq: [$.path, '${nope}']}]}"
        )

        assert run.outcomes == {"failed": 1}
        assert server.counts["/asked"] == 1

    @pytest.mark.parametrize(("rerender", "keys"), [("", 1), (", rerender: true", 3)])
    def test_every_attempt_sends_the_same(self, run_steps, server, rerender, keys):
        run = run_steps(
            f"""
            - name: s
              method: POST
              url: /flaky/2?at=${{uuid()}}
              headers: {{Idempotency-Key: "${{uuid()}}"}}
              body: {{n: "${{random()}}"}}
              retry_policy: {{max_attempts: 3, base_delay: 0.01, strategy: fixed{rerender}}}
              validations: [{{status_code: 200}}]
            """
        )

        assert run.outcomes == {"passed": 1}
        for part in (
            lambda asked: asked["target"],
            lambda asked: asked["headers"]["Idempotency-Key"],
            lambda asked: asked["body"],
        ):
            assert len(set(map(part, server.requests))) == keys
        attempts = run.steps["s"]["attempts"]
        assert [one["request"]["body"] for one in attempts] == [
            asked["body"] for asked in server.requests
        ]

    def test_an_attempt_without_an_answer_shows_its_request_too(self, run_steps, server):
        run = run_steps(
            """
            - name: s
              method: POST
              url: http://127.0.0.1:9/x?token=hunter2secret
              body: {a: 1}
              retry_policy: {max_attempts: 1, base_delay: 0.01}
            """
        )

        requests = [one["request"] for one in run.steps["s"]["attempts"]]
        assert [(one["method"], one["url"], one["body"]) for one in requests] == [
            ("POST", "http://127.0.0.1:9/x?token=***", '{"a": 1}')
        ] * 2

    def test_zero_switches_the_configs_value_off(self, run_steps, server):
        run_steps(
            "- {name: s, url: /flaky/1, retry_times: 0, validations: [{status_code: 200}]}",
            config="retry_times: 3",
        )

        assert server.counts["/flaky/1"] == 1


class TestSetupAndTeardown:
    def test_around_the_case_and_around_a_step(self, run_yaml, server):
        """W65"""
        run = run_yaml(
            f"""
            name: a
            config: {{base_url: {server.url}}}
            setup: {{name: in, url: /1}}
            steps:
              - name: s
                url: /3
                setup: [{{name: before, url: /2}}]
                teardown: [{{name: behind, url: /4}}]
            teardown: [{{name: out, url: /5}}]
            """
        )

        assert paths(server) == ["/1", "/2", "/3", "/4", "/5"]
        assert [step.get("parent") for step in run.document["steps"]] == [
            None,
            None,
            "s",
            "s",
            None,
        ]

    def test_a_failed_setup_skips_the_steps_and_tears_down(self, run_yaml, server):
        run = run_yaml(
            f"""
            name: a
            config: {{base_url: {server.url}}}
            setup: [{{name: in, {FAIL}}}]
            steps: [{{name: s, url: /never}}]
            teardown: [{{name: out, url: /out}}]
            """
        )

        assert run.statuses() == ["failed", "skipped", "success"]
        assert "setup step 'in' failed" in run.steps["s"]["meta"]["reason"]
        assert paths(server)[-1] == "/out"

    def test_a_failed_setup_of_a_step_keeps_it_from_running(self, run_steps, server):
        run = run_steps(
            f"- {{name: s, url: /never, setup: [{{name: in, {FAIL}}}], "
            "teardown: [{name: out, url: /out}]}"
        )

        assert "/never" not in paths(server)
        assert run.steps["s"]["status"] == "failed"
        assert run.steps["out"]["status"] == "success"

    def test_a_failed_teardown_fails_the_case(self, run_yaml, server):
        run = run_yaml(
            f"""
            name: a
            config: {{base_url: {server.url}}}
            steps: [{{name: s, {PASS}}}]
            teardown: [{{name: out, {FAIL}}}]
            """
        )

        assert run.outcomes == {"failed": 1}

    def test_an_interruption_still_tears_down_and_keeps_what_ran(self, run_yaml, server, pytester):
        run = run_yaml(
            f"""
            name: a
            config: {{base_url: {server.url}}}
            steps:
              - {{name: one, {PASS}}}
              - {{name: two, url: "/${{interrupt()}}"}}
            teardown: [{{name: out, url: /out}}]
            """,
            conftest__py="""
                from pytest_sisyphus.extensions.types import Function
                import pytest
                def interrupt():
                    pytest.fail("stopped from outside")
                def pytest_sisyphus_functions(context):
                    return [Function(name="interrupt", call=interrupt, description="x")]
            """,
        )

        assert paths(server)[-1] == "/out"
        assert run.outcomes == {"failed": 1}
        assert "one" in run.steps


class TestConfig:
    def test_precedence_of_variables(self, run_steps, server, monkeypatch):
        monkeypatch.setenv("APP_D", "env")
        run_steps(
            "- name: s\n  url: '/anything?a=${a}&b=${b}&c=${c}&d=${d}&e=${e}&f=${f}&g=${g}'",
            "--sisyphus-var=f=cli",
            config="""
                variables: {a: config, b: config, c: config, d: config, e: config, f: config, g: "${a}!"}
                active_profile: p
                profiles:
                  p: {variables: {b: profile, d: profile}, c: key, overrides: {f: override}}
                env_vars: {prefix: APP_, load_from_os: true, overrides: {e: override}}
            """,
        )

        assert server.requests[0]["query"] == {
            "a": "config",
            "b": "profile",
            "c": "key",
            "d": "env",
            "e": "override",
            "f": "cli",
            "g": "config!",
        }

    def test_the_profile_of_the_command_line_wins(self, run_steps, server):
        run_steps(
            "- {name: s, url: '/anything/${where}'}",
            "--sisyphus-profile=b",
            config="active_profile: a\nprofiles: {a: {where: a}, b: {where: b}}",
        )

        assert paths(server) == ["/anything/b"]

    def test_config_is_readable_by_its_own_keys(self, run_steps, server):
        run_steps(
            "- {name: s, url: '/${config.profiles.${active_profile}.env_mode}/${config.timeout}'}",
            config="active_profile: a\ntimeout: 7\nprofiles: {a: {env_mode: 'm-${v}'}}\nvariables: {v: 1}",
        )

        assert paths(server) == ["/m-1/7"]

    def test_superseded_sections_warn(self, run_steps):
        run = run_steps(f"- {{name: s, {PASS}}}", config="output: {format: json}\ndebug: true")

        assert run.outcomes == {"passed": 1, "warnings": 2}
        assert "config.output does nothing any more" in run.stdout

    def test_the_seed_repeats_random_values(self, run_steps, server):
        for _ in range(2):
            run_steps("- {name: s, url: '/anything/${random_str(12)}'}", "--sisyphus-seed=5")

        first, second = paths(server)
        assert first == second

    def test_a_timeout_of_the_command_line_may_be_text(self, run_steps):
        """W68"""
        run = run_steps(f"- {{name: s, {PASS}, timeout: '${{limit}}'}}", "--sisyphus-var=limit=5")

        assert run.outcomes == {"passed": 1}


class TestMasking:
    @pytest.mark.parametrize("shown", [False, True])
    def test_secrets_reach_no_output(self, run_steps, server, shown):
        """W6"""
        run = run_steps(
            """
            - name: s
              method: POST
              url: /anything?api_key=${password}
              auth: {type: bearer, token: "${password}"}
              body: {note: "it is ${password}", pin: "12345678"}
              validations: [{eq: [$.json.note, "it is ${password}!"]}]
              extractors: {copy: $.json.note}
            """,
            *(["--sisyphus-show-secrets"] if shown else []),
            config="variables: {password: canary-0815}",
        )

        seen = run.stdout + repr(run.document)
        assert run.outcomes == {"failed": 1}
        assert ("canary-0815" in seen) is shown
        assert ("12345678" in seen) is shown
        assert "canary-0815" in server.requests[0]["body"]

    def test_the_path_to_a_secret_is_none(self, run_steps):
        run = run_steps(
            """
            - name: s
              url: /x
              mock: {rules: [{response: {body: {token: canary-4711}}}]}
              validations: [{eq: [$.token, other]}, {and: [{eq: [$.token, other]}]}]
              extract: {token: $.token}
            """
        )

        assert [one["path"] for one in run.steps["s"]["validations"]] == ["$.token", ""]
        assert "eq $.token: Expected ***, but got ***" in run.stdout

    def test_a_literal_under_a_secret_name_is_masked_wherever_it_reappears(self, run_steps):
        run = run_steps(
            """
            - name: s
              method: POST
              url: /anything?token=canary-4711
              body: {api_key: canary-0815}
              validations:
                - contains: [$.path, canary-0815]
                - contains: [$.path, canary-4711]
            """
        )

        assert "canary" not in run.stdout + repr(run.document)
