"""The checks a case may write, as one table; and, or, not are `logic`."""

import operator
from typing import Any, Final

from pytest_sisyphus.models.parts import CheckType

from . import comparisons, complaints
from .schemas import complain_schema, judge_schema
from .verdicts import flag, judging
from .vocabulary import unknown_keywords


def _is_text(expected: Any) -> bool:
    of_text = expected if isinstance(expected, list) else [expected]
    return all(isinstance(one, str) for one in of_text)


_EQUALITY: Final = (
    CheckType(
        name="eq",
        reads_text=_is_text,
        aliases=("equals", "equal", "=="),
        judge=comparisons.judge_eq,
        description="equal, deep; text also equals the number or boolean whose text it is",
    ),
    CheckType(
        name="ne",
        aliases=("not_equals", "not_equal", "!="),
        judge=comparisons.judge_ne,
        description="not equal, by the rule of eq",
    ),
)

_ORDER: Final = (
    CheckType(
        name="gt",
        aliases=("greater_than", ">"),
        judge=judging(comparisons.ordered(lambda sign: sign > 0), "more than {}"),
        complain=complaints.orderable,
        description="greater: numbers, numeric text, ISO dates",
    ),
    CheckType(
        name="lt",
        aliases=("less_than", "<"),
        judge=judging(comparisons.ordered(lambda sign: sign < 0), "less than {}"),
        complain=complaints.orderable,
        description="less: numbers, numeric text, ISO dates",
    ),
    CheckType(
        name="ge",
        aliases=("gte", "greater_or_equal", "greater_than_or_equal", ">="),
        judge=judging(comparisons.ordered(lambda sign: sign >= 0), "at least {}"),
        complain=complaints.orderable,
        description="greater or equal: numbers, numeric text, ISO dates",
    ),
    CheckType(
        name="le",
        aliases=("lte", "less_or_equal", "less_than_or_equal", "<="),
        judge=judging(comparisons.ordered(lambda sign: sign <= 0), "at most {}"),
        complain=complaints.orderable,
        description="less or equal: numbers, numeric text, ISO dates",
    ),
    CheckType(
        name="between",
        judge=judging(comparisons.between, "something within {}"),
        complain=complaints.interval,
        short_expect="[min, max]",
        description="from min to max of [min, max], ends included",
    ),
)

_CONTENT: Final = (
    CheckType(
        name="contains",
        reads_text=_is_text,
        judge=comparisons.judge_contains,
        description="substring of text, member of a list, key of a mapping",
    ),
    CheckType(
        name="not_contains",
        judge=comparisons.judge_not_contains,
        description="no substring, member or key; operands that cannot contain fail",
    ),
    CheckType(
        name="startswith",
        reads_text=_is_text,
        aliases=("starts_with",),
        judge=judging(comparisons.starts, "text that starts with {}"),
        complain=complaints.sought,
        description="text that starts with",
    ),
    CheckType(
        name="endswith",
        reads_text=_is_text,
        aliases=("ends_with",),
        judge=judging(comparisons.ends, "text that ends with {}"),
        complain=complaints.sought,
        description="text that ends with",
    ),
    CheckType(
        name="regex",
        reads_text=_is_text,
        aliases=("matches",),
        judge=judging(comparisons.matches, "text in which {} is found"),
        complain=complaints.pattern,
        description="the pattern is found in the text of the value, which may be its JSON",
    ),
    CheckType(
        name="in",
        reads_text=_is_text,
        aliases=("in_list",),
        judge=comparisons.judge_in,
        complain=complaints.listed,
        short_expect="[one, other, …]",
        description="member of the expected list",
    ),
    CheckType(
        name="not_in",
        aliases=("not_in_list",),
        judge=comparisons.judge_not_in,
        complain=complaints.listed,
        short_expect="[one, other, …]",
        description="no member of the expected list",
    ),
)

_LENGTHS: Final = tuple(
    CheckType(
        name=f"len_{short}",
        aliases=(f"length_{short}", f"length_{word}"),
        judge=comparisons.judge_length(holds, phrase, complain),
        complain=complain,
        counts_matches=True,
        description=f"length of text, list or mapping, or the number of matches: {word}",
    )
    for short, word, holds, phrase, complain in (
        ("eq", "equals", operator.eq, "{}", complaints.length),
        ("gt", "greater_than", operator.gt, "more than {}", complaints.length),
        ("lt", "less_than", operator.lt, "less than {}", complaints.length),
        ("ge", "greater_or_equal", operator.ge, "at least {}", complaints.least_length),
        ("le", "less_or_equal", operator.le, "at most {}", complaints.length),
    )
)

_STATE: Final = (
    CheckType(
        name="type",
        judge=comparisons.judge_type,
        complain=complaints.type_name,
        description="string, integer, float, number, boolean, array, object or null",
    ),
    CheckType(
        name="exists",
        judge=comparisons.judge_exists,
        complain=complaints.boolean,
        default_expect=True,
        judges_misses=True,
        description="the path matches, whatever the value; with false: it does not",
    ),
    CheckType(
        name="is_null",
        judge=flag(comparisons.is_null, "be null"),
        complain=complaints.boolean,
        default_expect=True,
        description="null; with false: not null",
    ),
    CheckType(
        name="is_empty",
        reads_text=lambda expected: expected is True,
        judge=flag(comparisons.is_empty, "be empty"),
        complain=complaints.boolean,
        default_expect=True,
        description="empty text, list or mapping, or null; with false: not empty",
    ),
    CheckType(
        name="status_code",
        judge=judging(comparisons.has_status, "status {}"),
        complain=complaints.status,
        default_path="$.status_code",
        default_source="response",
        description="the response's status: a number, `2xx`, or a list of those",
    ),
    CheckType(
        name="schema",
        aliases=("json_schema",),
        judge=judge_schema,
        complain=complain_schema,
        complain_inside=unknown_keywords,
        takes_file=True,
        default_path="$",
        description="JSON Schema, written here or in a file beside the case",
    ),
)

CHECKS: Final = (*_EQUALITY, *_ORDER, *_CONTENT, *_LENGTHS, *_STATE)
