"""`type: wait` in a run of pytest; its rules are in tests/unit/steps."""


def test_a_server_is_asked_until_it_is_ready(run_steps, server):
    """W55"""
    run = run_steps(
        """
        - name: ready
          type: wait
          condition: ${response.body.ok} == true
          interval: 0.01
          request: {url: /flaky/2}
          validations: [{eq: [attempts, 3]}]
        """
    )

    assert run.outcomes == {"passed": 1}
    assert server.counts == {"/flaky/2": 3}
    assert run.steps["ready"]["response"]["body"] == {"ok": True}


def test_the_older_spelling_asks_too(run_steps, server):
    """W55"""
    run = run_steps(
        """
        - name: ready
          type: wait
          wait_condition:
            type: api
            request: {url: /flaky/1}
            check: "${status_code} == 200"
            interval: 0.01
            timeout: 5
        """
    )

    assert run.outcomes == {"passed": 1}
    assert server.counts == {"/flaky/1": 2}


def test_what_does_not_come_fails_at_a_glance(run_steps):
    run = run_steps(
        """
        - name: ready
          type: wait
          condition: body.ok
          interval: 0.1
          max_wait: 0.5
          request: {url: /flaky/99}
        """
    )

    assert run.outcomes == {"failed": 1}
    assert run.steps["ready"]["error_info"]["category"] == "timeout"
    run.result.stdout.fnmatch_lines(
        [
            "case.yaml:*: step 'ready' failed: *'body.ok' did not hold after * looks in * seen: *",
        ]
    )


def test_a_probe_on_a_slow_server_does_not_outlast_the_wait(run_steps, server):
    run = run_steps(
        """
        - name: ready
          type: wait
          condition: status_code == 200
          interval: 0.05
          max_wait: 0.2
          request: {url: /drip}
        """
    )

    assert run.outcomes == {"failed": 1}
    assert run.steps["ready"]["response"]["waited"] < 5
    assert "no complete answer within" in run.error("ready")


def test_text_of_the_server_is_not_run(run_steps, server, tmp_path):
    """W1"""
    evil = "${''.__class__.__mro__}"
    run = run_steps(
        f"""
        - name: get
          method: POST
          url: /anything
          content: "{evil.replace("${", "$${")}"
          extractors: {{v: $.body}}
        - {{name: w, type: wait, condition: "${{v}}", max_wait: 0.01, interval: 0.01}}
        - name: probed
          type: wait
          condition: "${{body.body}} == ${{v}}"
          request: {{method: POST, url: /anything, content: "${{v}}"}}
        """
    )

    assert run.statuses() == ["success", "error", "success"]
    assert [one["body"] for one in server.requests] == [evil, evil]


DATABASE = "databases: {main: 'sqlite:///shop.db'}"
ROWS = """
- name: table
  type: database
  database: main
  operation: script
  sql: "create table jobs (n int); insert into jobs values (0)"
"""


def test_a_query_is_asked_before_each_look(run_steps):
    run = run_steps(
        ROWS
        + """
- name: ready
  type: wait
  condition: row.n == 0 and ${response.row_count} == 1 and len_of == 1 and result[0].n == 0
  database: {database: main, sql: "select n from jobs where n <= :most", params: {most: 0}}
  validations: [{eq: ["$.rows[0].n", 0]}]
- name: in vain
  type: wait
  condition: "${row.n} == 1"
  interval: 0.1
  max_wait: 0.5
  database: {database: main, sql: select n from jobs}
""",
        config=DATABASE + "\nvariables: {len_of: 1}",
    )

    assert run.statuses() == ["success", "success", "failed"]
    assert "last seen: row.n = 0" in run.error("in vain")


def test_the_older_spelling_asks_a_database(run_steps):
    run = run_steps(
        ROWS
        + """
- name: ready
  type: wait
  wait_condition:
    type: database
    database: main
    sql: select n from jobs where n = :n
    params: {n: "${zero}"}
    check: row.n == 0 and rows | length == 1
    interval: 0.01
    timeout: 1
- name: wrong
  type: wait
  wait_condition:
    type: database
    database: main
    sql: select nothing
    check: row.n == 0
    interval: 0.1
    timeout: 0.5
""",
        config=DATABASE + "\nvariables: {zero: 0}",
    )

    assert run.statuses() == ["success", "success", "failed"]
    assert "nothing" in run.error("wrong")
    assert run.steps["wrong"]["error_info"]["category"] == "timeout"
