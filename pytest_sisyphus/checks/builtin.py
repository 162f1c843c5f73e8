"""The checks a case may write, as one table; and, or, not are `logic`."""

import operator
from typing import Any, Final

from pytest_sisyphus.checks import comparisons, expected_validation
from pytest_sisyphus.checks.factories import boolean_check, comparison_check
from pytest_sisyphus.checks.members import check_same_members
from pytest_sisyphus.checks.partial import check_match
from pytest_sisyphus.checks.schema_keywords import unknown_keywords
from pytest_sisyphus.checks.schemas import check_schema, validate_schema
from pytest_sisyphus.extensions.types import CheckType


def _is_text(expected: Any) -> bool:
    of_text = expected if isinstance(expected, list) else [expected]
    return all(isinstance(one, str) for one in of_text)


_EQUALITY: Final = (
    CheckType(
        name="eq",
        reads_text=_is_text,
        aliases=("equals", "equal", "=="),
        check=comparisons.check_eq,
        description="equal, deep; text also equals the number or boolean whose text it is",
    ),
    CheckType(
        name="ne",
        aliases=("not_equals", "not_equal", "!="),
        check=comparisons.check_ne,
        description="not equal, by the rule of eq",
    ),
)

_ORDER: Final = (
    CheckType(
        name="gt",
        aliases=("greater_than", ">"),
        check=comparison_check(comparisons.ordered(lambda sign: sign > 0), "more than {}"),
        validate_expected=expected_validation.orderable,
        description="greater: numbers, numeric text, ISO dates",
    ),
    CheckType(
        name="lt",
        aliases=("less_than", "<"),
        check=comparison_check(comparisons.ordered(lambda sign: sign < 0), "less than {}"),
        validate_expected=expected_validation.orderable,
        description="less: numbers, numeric text, ISO dates",
    ),
    CheckType(
        name="ge",
        aliases=("gte", "greater_or_equal", "greater_than_or_equal", ">="),
        check=comparison_check(comparisons.ordered(lambda sign: sign >= 0), "at least {}"),
        validate_expected=expected_validation.orderable,
        description="greater or equal: numbers, numeric text, ISO dates",
    ),
    CheckType(
        name="le",
        aliases=("lte", "less_or_equal", "less_than_or_equal", "<="),
        check=comparison_check(comparisons.ordered(lambda sign: sign <= 0), "at most {}"),
        validate_expected=expected_validation.orderable,
        description="less or equal: numbers, numeric text, ISO dates",
    ),
    CheckType(
        name="between",
        check=comparison_check(comparisons.between, "something within {}"),
        validate_expected=expected_validation.interval,
        short_expect="[min, max]",
        description="from min to max of [min, max], ends included",
    ),
)

_CONTENT: Final = (
    CheckType(
        name="contains",
        reads_text=_is_text,
        check=comparisons.check_contains,
        description="substring of text, member of a list, key of a mapping",
    ),
    CheckType(
        name="not_contains",
        check=comparisons.check_not_contains,
        description="no substring, member or key; operands that cannot contain fail",
    ),
    CheckType(
        name="startswith",
        reads_text=_is_text,
        aliases=("starts_with",),
        check=comparison_check(comparisons.starts, "text that starts with {}"),
        validate_expected=expected_validation.non_empty_text,
        description="text that starts with",
    ),
    CheckType(
        name="endswith",
        reads_text=_is_text,
        aliases=("ends_with",),
        check=comparison_check(comparisons.ends, "text that ends with {}"),
        validate_expected=expected_validation.non_empty_text,
        description="text that ends with",
    ),
    CheckType(
        name="regex",
        reads_text=_is_text,
        aliases=("matches",),
        check=comparison_check(comparisons.matches, "text in which {} is found"),
        validate_expected=expected_validation.pattern,
        description="the pattern is found in the text of the value, which may be its JSON",
    ),
    CheckType(
        name="in",
        reads_text=_is_text,
        aliases=("in_list",),
        check=comparisons.check_in,
        validate_expected=expected_validation.listed,
        short_expect="[one, other, …]",
        description="member of the expected list",
    ),
    CheckType(
        name="not_in",
        aliases=("not_in_list",),
        check=comparisons.check_not_in,
        validate_expected=expected_validation.listed,
        short_expect="[one, other, …]",
        description="no member of the expected list",
    ),
    CheckType(
        name="match",
        check=check_match,
        validate_expected=expected_validation.part,
        validate_expected_items=expected_validation.empty_parts,
        short_expect="{key: value}",
        description="the expected mapping or list is part of the actual one, deeply",
    ),
    CheckType(
        name="same_members",
        aliases=("eq_unordered",),
        check=check_same_members,
        validate_expected=expected_validation.list_of_members,
        short_expect="[one, other, …]",
        description="equal lists in any order, as many of each",
    ),
)

_LENGTHS: Final = tuple(
    CheckType(
        name=f"len_{short}",
        aliases=(f"length_{short}", f"length_{word}"),
        check=comparisons.check_length(holds, phrase, complain),
        validate_expected=complain,
        accepts_empty_selection=True,
        description=f"length of text, list or mapping, or the number of matches: {word}",
    )
    for short, word, holds, phrase, complain in (
        ("eq", "equals", operator.eq, "{}", expected_validation.length),
        ("gt", "greater_than", operator.gt, "more than {}", expected_validation.length),
        ("lt", "less_than", operator.lt, "less than {}", expected_validation.length),
        ("ge", "greater_or_equal", operator.ge, "at least {}", expected_validation.least_length),
        ("le", "less_or_equal", operator.le, "at most {}", expected_validation.length),
    )
)

_STATE: Final = (
    CheckType(
        name="type",
        check=comparisons.check_type,
        validate_expected=expected_validation.type_name,
        description="string, integer, float, number, boolean, array, object or null",
    ),
    CheckType(
        name="exists",
        check=comparisons.check_exists,
        validate_expected=expected_validation.boolean,
        default_expect=True,
        accepts_no_match=True,
        description="the path matches, whatever the value; with false: it does not",
    ),
    CheckType(
        name="is_null",
        check=boolean_check(comparisons.is_null, "be null"),
        validate_expected=expected_validation.boolean,
        default_expect=True,
        description="null; with false: not null",
    ),
    CheckType(
        name="is_empty",
        reads_text=lambda expected: expected is True,
        check=boolean_check(comparisons.is_empty, "be empty"),
        validate_expected=expected_validation.boolean,
        default_expect=True,
        description="empty text, list or mapping, or null; with false: not empty",
    ),
    CheckType(
        name="status_code",
        check=comparison_check(comparisons.has_status, "status {}"),
        validate_expected=expected_validation.status,
        default_path="$.status_code",
        default_source="response",
        description="the response's status: a number, `2xx`, or a list of those",
    ),
    CheckType(
        name="schema",
        aliases=("json_schema",),
        check=check_schema,
        validate_expected=validate_schema,
        validate_expected_items=unknown_keywords,
        takes_file=True,
        default_path="$",
        description="JSON Schema, written here or in a file beside the case",
    ),
)

CHECKS: Final = (*_EQUALITY, *_ORDER, *_CONTENT, *_LENGTHS, *_STATE)
