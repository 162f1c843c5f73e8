"""What is kept of the steps' exchanges: all of a failed case, little of one that passed, never silently less."""

import json

import pytest

from pytest_sisyphus.execution.exchanges import (
    BODY_LIMIT,
    CASE_LIMIT,
    PASSED_BODY_LIMIT,
    PASSED_CASE_LIMIT,
    exchanges,
)


def step(name="pay", status="success", body="ok", **fields):
    request = {"method": "POST", "url": "http://shop/pay", "headers": {"A": "b"}, "body": "{}"}
    return {
        "name": name,
        "status": status,
        "start_time": "2026-03-02T09:15:20",
        "end_time": "2026-03-02T09:15:21",
        "retry_count": 0,
        "response": {"status_code": 200, "headers": {}, "body": body, "request": request},
        "variables_snapshot": {"before": {"x": "y" * 100_000}},
        "meta": {"type": "request", "location": "a.yaml:3"},
        **fields,
    }


def document(*steps, status="failed"):
    return {"test_case": {"status": status}, "steps": list(steps)}


def read(text):
    kept = json.loads(text)
    assert kept.keys() == {"steps", "left_out"}
    return kept["steps"], kept["left_out"]


def test_a_failed_step_is_whole_but_for_the_snapshots():
    whole = step(status="failed", validations=[{"passed": False, "type": "eq", "actual": 1}])
    (kept,), left_out = read(exchanges(document(whole), "failed"))

    assert kept == {name: value for name, value in whole.items() if name != "variables_snapshot"}
    assert left_out == 0


@pytest.mark.parametrize(
    ("keep", "status", "limit"),
    [
        ("failed", "failed", BODY_LIMIT),
        ("failed", "passed", PASSED_BODY_LIMIT),
        ("failed", "skipped", PASSED_BODY_LIMIT),
        ("all", "passed", BODY_LIMIT),
    ],
)
@pytest.mark.parametrize("letter", ["x", "字"])
def test_a_long_body_is_cut_and_says_how_long_it_was(keep, status, limit, letter):
    size = len(letter.encode())
    long = letter * (limit // size + 5)
    (kept,), _ = read(exchanges(document(step(body=long), status=status), keep))
    response = kept["response"]

    assert (response["truncated"], response["full_size"]) == (True, len(long) * size)
    assert limit - 3 < len(response["body"].encode()) <= limit
    assert long.startswith(response["body"])
    assert response["request"] == step()["response"]["request"]


def test_what_the_document_cut_already_keeps_its_full_size():
    cut = step(body="x" * 50_000)
    cut["response"] |= {"truncated": True, "full_size": 10**9}
    cut["extracted_vars"] = {"v": {"value": "y" * 50_000, "truncated": True, "full_size": 10**8}}
    (kept,), _ = read(exchanges(document(cut), "failed"))

    assert kept["response"]["full_size"] == 10**9
    assert kept["extracted_vars"]["v"]["full_size"] == 10**8
    assert len(kept["extracted_vars"]["v"]["value"]) == BODY_LIMIT


def test_every_place_that_may_be_long_is_cut():
    long = {"rows": ["z" * 1000] * 40}
    request = {"method": "POST", "url": "u", "body": long}
    one = step(
        status="failed",
        body=long,
        extracted_vars={"a": long, "b": 5},
        validations=[{"passed": False, "type": "eq", "actual": long, "expected": "short"}],
        attempts=[{"attempt": 1, "request": request}, {"attempt": 2}],
        error_info={"type": "AssertionError", "message": "m" * 50_000},
    )
    one["response"]["request"] = request
    text = exchanges(document(one), "failed")
    (kept,), _ = read(text)

    cuts = [
        kept["response"],
        kept["response"]["request"],
        kept["extracted_vars"]["a"],
        kept["validations"][0]["actual"],
        kept["attempts"][0]["request"],
        kept["error_info"]["message"],
    ]
    assert [cut["truncated"] for cut in cuts] == [True] * 6
    assert kept["extracted_vars"]["b"] == 5
    assert kept["validations"][0]["expected"] == "short"
    assert kept["attempts"][1] == {"attempt": 2}
    assert kept["error_info"]["type"] == "AssertionError"
    assert len(text) < 7 * BODY_LIMIT


def test_outputs_of_a_step_that_is_no_request_are_cut_as_values():
    script = step()
    script["response"] = {"stdout": "s" * 50_000, "code": 0}
    (kept,), _ = read(exchanges(document(script), "failed"))

    assert kept["response"]["stdout"]["full_size"] == 50_000
    assert kept["response"]["code"] == 0


@pytest.mark.parametrize(
    ("status", "limit"), [("failed", CASE_LIMIT), ("passed", PASSED_CASE_LIMIT)]
)
def test_a_long_case_leaves_out_what_went_well_first_and_says_so(status, limit):
    steps = [step(f"step {n}", body="x" * 1500) for n in range(200)]
    if status == "failed":
        steps[3] = step("the failed one", "failed", body="y" * 1500)
    text = exchanges(document(*steps, status=status), "failed")
    kept, left_out = read(text)

    bare = [one for one in kept if one.get("left_out")]
    assert len(kept) == 200
    assert 0 < left_out == len(bare) < 200
    assert bare[0] == {"name": "step 0", "status": "success", "left_out": True}
    assert all(one["response"]["body"] for one in kept if not one.get("left_out"))
    assert len(text) <= limit + 3 * 200 + 100  # what stands between them
    if status == "failed":
        assert kept[3]["response"]["body"] == "y" * 1500
    assert not kept[-1].get("left_out")


def test_of_endless_steps_the_first_are_there():
    steps = [{"name": "n", "status": "success"}] * 1500
    kept, left_out = read(exchanges(document(*steps), "failed"))
    assert (len(kept), left_out) == (1000, 500)


def test_steps_that_only_just_fit_are_all_there():
    steps = [step(f"step {n}") for n in range(5)]
    _, left_out = read(exchanges(document(*steps, status="passed"), "failed"))
    assert left_out == 0


@pytest.mark.parametrize(
    ("given", "keep"), [(document(step()), "none"), (document(), "all"), ({}, "failed")]
)
def test_nothing_is_kept_of_nothing(given, keep):
    assert exchanges(given, keep) == ""


def test_decimals_keep_their_digits():
    from pytest_sisyphus.values import exact_json

    body = exact_json.loads('{"price": 1.10}')
    text = exchanges(document(step(body=body)), "failed")
    assert '{"price": 1.10}' in text
