"""`each`: checks that every element of a list must pass."""

import pytest

from pytest_sisyphus.compiled.checks import StepCheck
from pytest_sisyphus.extensions.types import StepData

BODY = """{s: hello, none: [], l: [1, 2], size: 7, items: [
  {id: 1, price: 3, tags: [a], size: 1},
  {id: 2, price: -1, tags: [], size: 2}]}"""


def checked(engine, check):
    """The only check of a request that is answered with `BODY`."""
    ran = engine.run(
        f"""
        - name: s
          url: http://x/
          mock: {{rules: [{{response: {{body: {" ".join(BODY.split())}}}}}]}}
          validations: [{check}]
        """,
        config="variables: {zero: 0, uid: 8}",
    )
    (result,) = ran.steps["s"]["validations"]
    assert (ran.status == "passed") is result["passed"]
    return result


@pytest.mark.parametrize(
    "check",
    [
        "{each: [$.items, [{gt: [$.price, -5]}, {type: [$.id, int]}]]}",
        "{each: [$.items, [{ge: [$.id, '${zero}']}], described]}",
        "{each: [$.l, [{type: [$, int]}]]}",
        '{each: ["$.items[*]", [{exists: $.id}]]}',
        '{each: ["$.items[?@.price>0]", [{eq: [$.id, 1]}]]}',  # a single match is an element
        "{each: {path: $.none, sub_validations: [{exists: $.id}], min: 0}}",
        '{type: each, path: "$.items[?@.id>9]", sub_validations: [{exists: $.id}], min: 0}',
        "{each: {path: $.items, sub_validations: [{exists: $.id}], min: 2}}",
        "{each: [$.items, [{or: [{gt: [$.price, 0]}, {len_eq: [$.tags, 0]}]}]]}",
        "{each: [$.items, [{not: [{match: [$, {tags: [b]}]}]}]]}",
        "{each: [$.items, [{le: [$.size, 2]}]]}",  # the element's, not the response's
        "{each: [$.items, [{assert: '${uid} == 8'}]]}",
        '{each: ["$.items[*]", [{type: each, path: $.tags, min: 0, sub_validations: [{eq: [$, a]}]}]]}',
        "{not: [{each: [$.items, [{gt: [$.price, 0]}]]}]}",
    ],
)
def test_every_element_passes(engine, check):
    assert checked(engine, check)["passed"]


@pytest.mark.parametrize(
    ("check", "error"),
    [
        (
            "{each: [$.items, [{exists: $.id}, {gt: [$.price, '${zero}']}]]}",
            (
                "Expected every element to pass, but $.items[1] of 2 does not: "
                "gt $.price: Expected more than 0, but got -1"
            ),
        ),
        (
            "{each: [$.l, [{lt: [$, 2]}]]}",
            "$.l[1] of 2 does not: lt $: Expected less than 2, but got 2",
        ),
        ('{each: ["$.items[*]", [{eq: [$.id, 1]}]]}', "but match [1] of 2 does not: eq $.id: Exp"),
        (
            "{each: [$.items, [{eq: [$.id, 2]}, {eq: [$.id, 3]}, {eq: [$.id, 4]}, {eq: [$.id, 5]}]]}",
            "eq $.id: Expected 4, but got 1; and 1 more",
        ),
        (
            "{each: [$.items, [{exists: $.prise}]]}",
            "$.items[0] of 2 does not: exists $.prise: no match for $.prise; at that level there is",
        ),
        (
            "{each: [$.items, [{exists: $.status_code}]]}",
            "no match for $.status_code; at that level there is: id, price, tags, size",
        ),
        (
            "{each: [$.items, [{each: [$.tags, [{eq: [$, a]}]]}]]}",
            "does not: each $.tags: Expected at least 1 element, but $.tags has 0",
        ),
        (
            "{each: [$.none, [{exists: $.id}]]}",
            "Expected at least 1 element, but $.none has 0 (min: 0 lets an empty list pass)",
        ),
        (
            '{each: ["$.items[?@.id>9]", [{exists: $.id}]]}',
            "Expected at least 1 element, but $.items[?@.id>9] has 0 (min: 0 lets",
        ),
        (
            "{each: {path: $.items, sub_validations: [{exists: $.id}], min: 3}}",
            "Expected at least 3 elements, but $.items has 2",
        ),
        (
            "{each: [$.s, [{exists: $.id}]]}",
            "each looks at the elements of a list, got hello (text)",
        ),
        ("{each: [$.nope, [{exists: $.id}]]}", "no match for $.nope; at that level there is: none"),
        ("{each: [$.items, [{eq: [$.id, '${nope}']}]]}", "no variable 'nope' in '${nope}'"),
        ("{each: [$.none, [{eq: [$.id, '${nope}']}]]}", "no variable 'nope' in '${nope}'"),
        # what could not be evaluated passes inside `not` no more than elsewhere
        ("{not: [{each: [$.items, [{gt: [$.prise, 0]}]]}]}", "not could not be evaluated"),
        ("{not: [{each: [$.items, [{eq: [$.id, 9]}, {eq: [$.prise, 9]}]]}]}", "could not be eval"),
        ("{not: [{each: [$.none, [{gt: [$.price, 0]}]]}]}", "not could not be evaluated"),
        ("{not: [{each: [$.s, [{gt: [$.price, 0]}]]}]}", "not could not be evaluated"),
        ("{not: [{each: [$.items, [{gt: [$.price, '${nope}']}]]}]}", "no variable 'nope'"),
    ],
)
def test_the_first_element_that_does_not_is_named(engine, check, error):
    assert error in checked(engine, check)["error"]


def test_the_result_holds_what_came(engine):
    failed = checked(engine, "{each: [$.items, [{gt: [$.price, 0]}], prices]}")
    passed = checked(engine, "{each: [$.items, [{exists: $.price}]]}")

    assert failed["path"] == "$.items"
    assert failed["description"] == "prices"
    assert failed["expected"] == "every element passes"
    assert failed["actual"] == {"id": 2, "price": -1, "tags": [], "size": 2}
    assert passed["actual"] == "2 elements"


def test_a_body_that_cannot_be_read_is_told_as_such(engine):
    ran = engine.run(
        """
        - name: s
          url: http://x/
          mock: {rules: [{response: {headers: {Content-Type: application/json}, body: '[1,'}}]}
          validations: [{each: [$, [{gt: [$, 0]}]]}]
        """
    )

    assert ran.category("s") == "parsing"
    assert "the body is not JSON" in ran.error("s")


def test_of_very_many_elements_nothing_is_kept(engine):
    run = engine.prepared(
        "- {name: s, type: wait, seconds: 0, validations: [{each: [$, [{ge: [$.n, 0]}]]}]}"
    )
    written = run._case.steps[0].validations[0]
    check = StepCheck(written, (), run._context)
    body = [{"n": one} for one in range(100_000)]

    passed = check.evaluate(StepData(document={}, body=body), run._context.scope)
    body[70_000] = {"n": -1}
    failed = check.evaluate(StepData(document={}, body=body), run._context.scope)

    assert (passed.result.passed, passed.result.actual) == (True, "100000 elements")
    assert failed.result.actual == {"n": -1}
    assert "$[70000] of 100000 does not: ge $.n: Expected at least 0" in failed.result.error
