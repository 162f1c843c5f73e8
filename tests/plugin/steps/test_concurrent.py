"""`type: concurrent` in a run of pytest; its rules are in tests/unit/steps."""


def test_requests_are_really_at_the_same_time(run_steps):
    run = run_steps(
        """
        - name: c
          type: concurrent
          max_concurrency: 4
          concurrent_steps:
            - {name: a, url: "/slow?seconds=0.4"}
            - {name: b, url: "/slow?seconds=0.4"}
            - {name: c1, url: "/slow?seconds=0.4"}
            - {name: d, url: "/slow?seconds=0.4"}
        """
    )

    assert run.outcomes == {"passed": 1}
    durations = [run.steps[name]["meta"]["duration"] for name in ("a", "b", "c1", "d")]
    assert run.steps["c"]["meta"]["duration"] < sum(durations) / 2


def test_a_failed_child_fails_the_case_and_is_shown(run_steps):
    """W13, W40"""
    run = run_steps(
        """
        - name: c
          type: concurrent
          concurrent_steps:
            - {name: good, url: /anything, validations: [{status_code: 200}]}
            - {name: bad, url: /status/500, validations: [{status_code: 200}]}
        """
    )

    assert run.outcomes == {"failed": 1}
    assert run.statuses() == ["failed", "success", "failed"]
    assert run.steps["bad"]["parent"] == "c"
    run.result.stdout.fnmatch_lines(["case.yaml:*: step 'bad' in 'c' failed: *", "*response: 500*"])


def test_cookies_of_children_do_not_mix_and_are_merged(run_steps, server):
    run = run_steps(
        """
        - {name: login, url: "/cookie?sid=0"}
        - name: c
          type: concurrent
          repeat: 10
          max_concurrency: 8
          concurrent_steps:
            - name: set
              url: /cookie?sid=${1 + 1}
            - {name: ask, url: /anything}
        - {name: after, url: /anything}
        """
    )

    assert run.outcomes == {"passed": 1}
    asked = [one for one in server.requests if one["path"] == "/anything"]
    assert [one["headers"]["Cookie"] for one in asked] == ["sid=0"] * 10 + ["sid=2"]


def test_a_load_probe_measures(run_steps, server):
    run = run_steps(
        """
        - name: load
          type: concurrent
          repeat: 20
          max_concurrency: 4
          concurrent_steps: [{name: hit, url: /anything, validations: [{status_code: 200}]}]
          validations:
            - eq: [total_steps, 20]
            - lt: [$.latency.p99, 5000]
            - gt: [throughput, 1]
        """
    )

    assert run.outcomes == {"passed": 1}
    times = sorted(run.steps[f"hit [{n}]"]["response"]["response_time"] for n in range(1, 21))
    measured = run.steps["load"]["response"]["latency"]
    assert (measured["min"], measured["max"], measured["p50"]) == (times[0], times[-1], times[9])
    assert len(server.requests) == 20
    assert len({one["client"] for one in server.requests}) <= 4, "connections are kept alive"


def test_overrides_reach_every_thread(run_steps, server):
    """W71"""
    run_steps(
        """
        - name: c
          type: concurrent
          concurrent_steps: [{name: a, url: "/anything?who=${who}"}]
        """,
        "--sisyphus-var",
        "who=me",
        config="variables: {who: nobody}",
    )

    assert server.requests[0]["query"] == {"who": "me"}


def test_databases_can_be_asked_at_the_same_time(run_steps):
    run = run_steps(
        """
        - name: table
          type: database
          database: main
          operation: script
          sql: "create table t (n int); insert into t values (1)"
        - name: c
          type: concurrent
          repeat: 10
          concurrent_steps:
            - {name: a, type: database, database: main, sql: select n from t}
            - {name: b, url: "/anything?n=${db_query('select n from t', alias='main')}"}
        """,
        config="databases: {main: 'sqlite:///shop.db'}",
    )

    assert run.outcomes == {"passed": 1}, run.stdout
