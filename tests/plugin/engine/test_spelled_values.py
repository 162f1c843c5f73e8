"""What came as text compares as the number or truth value that it spells, wherever conditions stand."""

import pytest

GET = 'url: /raw, params: {type: application/json, body: \'{"s": "5", "on": "true"}\'}'
ASK = f"request: {{{GET}}}"
STEPS = "max_iterations: 5, loop_steps: [{name: t, url: /anything}]"
MOCK = "mock: {rules: [{condition: 'request.query.n == 5', response: {status_code: 204}}]}"
OF_THE_ANSWER = f"- {{name: ask, {GET}, extractors: {{n: $.s, on: $.on}}}}\n"


def ran(run):
    """Whether the step `s` did its work: a condition that is silently false skips it."""
    assert run.outcomes == {"passed": 1}, run.stdout
    return run.steps["s"]["status"] == "success"


@pytest.mark.parametrize("condition", ["${n} == 5", "5 == ${n}", "${n} > 4", "${n} in [4, 5]"])
@pytest.mark.parametrize(
    "source",
    [
        {"args": ["--sisyphus-var=n=5"]},
        {"config": "data_source: {type: csv, file_path: rows.csv}"},
        {"config": "env_vars: {mapping: {n: SPELLED_N}}"},
        {"config": "env_vars: {prefix: SPELLED_, load_from_os: true}"},
        {"config": "variables: {n: '5'}"},
        {"before": OF_THE_ANSWER},
    ],
    ids=["option", "csv", "mapping", "prefix", "variable", "extracted"],
)
def test_wherever_the_text_comes_from(run_steps, monkeypatch, source, condition):
    monkeypatch.setenv("SPELLED_N", "5")
    run = run_steps(
        f"{source.get('before', '')}- {{name: s, url: /anything, only_if: '{condition}'}}",
        *source.get("args", ()),
        "-osisyphus_env_allow=SPELLED_*",
        config=source.get("config", ""),
        rows__csv="n,id\n5,a\n",
    )

    assert ran(run)


@pytest.mark.parametrize(
    "step",
    [
        "url: /anything, only_if: '${response.headers[\"Content-Length\"]} == 24'",
        "url: /anything, only_if: '${on} == true'",
        "url: /anything, only_if: '${on} and ${n} == 5'",
        "url: /anything, skip_if: '${n} != 5'",
        "url: /anything, skip_if: '${n} < 5'",
        "type: wait, condition: '${n} == 5', max_wait: 0",
        f"type: poll, request: {{{GET}}}, until: '${{response.body.s}} == 5', max_attempts: 1",
        f"type: wait, wait_condition: {{type: api, timeout: 0, check: '${{body.s}} == 5', {ASK}}}",
        f"type: loop, loop_type: while, loop_condition: '${{index}} < ${{n}}', {STEPS}",
        f"url: /x, params: {{n: 5}}, {MOCK}, validations: [{{status_code: 204}}]",
    ],
)
def test_wherever_the_condition_stands(run_steps, step):
    assert ran(run_steps(f"{OF_THE_ANSWER}- {{name: s, {step}}}"))


def test_what_spells_no_number_has_no_order(run_steps):
    run = run_steps(
        "- {name: s, url: /anything, only_if: '${n} > 4'}", config="variables: {n: five}"
    )

    assert run.steps["s"]["status"] == "error"
    assert "text ('five') and a number (4) cannot be compared" in run.error("s")
