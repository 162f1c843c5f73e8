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
from pytest_sisyphus.i18n import marked


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
        example="[«$.data.id», «7»]",
    ),
    CheckType(
        name="ne",
        aliases=("not_equals", "not_equal", "!="),
        check=comparisons.check_ne,
        description="not equal, by the rule of eq",
        example="[«$.data.state», «lost»]",
    ),
)

_ORDER: Final = (
    CheckType(
        name="gt",
        aliases=("greater_than", ">"),
        check=comparison_check(
            comparisons.ordered(lambda sign: sign > 0),
            marked("Expected more than {wanted}, but got {got}"),
        ),
        validate_expected=expected_validation.orderable,
        description="greater: numbers, numeric text, ISO dates",
        example="[«$.data.total», «0»]",
    ),
    CheckType(
        name="lt",
        aliases=("less_than", "<"),
        check=comparison_check(
            comparisons.ordered(lambda sign: sign < 0),
            marked("Expected less than {wanted}, but got {got}"),
        ),
        validate_expected=expected_validation.orderable,
        description="less: numbers, numeric text, ISO dates",
        example="[«$.data.total», «100»]",
    ),
    CheckType(
        name="ge",
        aliases=("gte", "greater_or_equal", "greater_than_or_equal", ">="),
        check=comparison_check(
            comparisons.ordered(lambda sign: sign >= 0),
            marked("Expected at least {wanted}, but got {got}"),
        ),
        validate_expected=expected_validation.orderable,
        description="greater or equal: numbers, numeric text, ISO dates",
        example="[«$.data.total», «1»]",
    ),
    CheckType(
        name="le",
        aliases=("lte", "less_or_equal", "less_than_or_equal", "<="),
        check=comparison_check(
            comparisons.ordered(lambda sign: sign <= 0),
            marked("Expected at most {wanted}, but got {got}"),
        ),
        validate_expected=expected_validation.orderable,
        description="less or equal: numbers, numeric text, ISO dates",
        example="[«$.data.total», «100»]",
    ),
    CheckType(
        name="between",
        check=comparison_check(
            comparisons.between, marked("Expected something within {wanted}, but got {got}")
        ),
        validate_expected=expected_validation.interval,
        short_expect="[min, max]",
        description="from min to max of [min, max], ends included",
        example="[«$.data.total», [«1», «100»]]",
    ),
)

_CONTENT: Final = (
    CheckType(
        name="contains",
        reads_text=_is_text,
        check=comparisons.check_contains,
        description="substring of text, member of a list, key of a mapping",
        example="[«$.data.title», «book»]",
    ),
    CheckType(
        name="not_contains",
        check=comparisons.check_not_contains,
        description="no substring, member or key; operands that cannot contain fail",
        example="[«$.data.title», «draft»]",
    ),
    CheckType(
        name="startswith",
        reads_text=_is_text,
        aliases=("starts_with",),
        check=comparison_check(
            comparisons.starts, marked("Expected text that starts with {wanted}, but got {got}")
        ),
        validate_expected=expected_validation.non_empty_text,
        description="text that starts with",
        example="[«$.data.number», «SO-»]",
    ),
    CheckType(
        name="endswith",
        reads_text=_is_text,
        aliases=("ends_with",),
        check=comparison_check(
            comparisons.ends, marked("Expected text that ends with {wanted}, but got {got}")
        ),
        validate_expected=expected_validation.non_empty_text,
        description="text that ends with",
        example="[«$.data.file», «.pdf»]",
    ),
    CheckType(
        name="regex",
        reads_text=_is_text,
        aliases=("matches",),
        check=comparison_check(
            comparisons.matches, marked("Expected text in which {wanted} is found, but got {got}")
        ),
        validate_expected=expected_validation.pattern,
        description="the pattern is found in the text of the value, which may be its JSON",
        example="[«$.data.number», «'^SO-\\d+$'»]",
    ),
    CheckType(
        name="in",
        reads_text=_is_text,
        aliases=("in_list",),
        check=comparisons.check_in,
        validate_expected=expected_validation.listed,
        short_expect="[one, other, …]",
        description="member of the expected list",
        example="[«$.data.state», [«new», «paid»]]",
    ),
    CheckType(
        name="not_in",
        aliases=("not_in_list",),
        check=comparisons.check_not_in,
        validate_expected=expected_validation.listed,
        short_expect="[one, other, …]",
        description="no member of the expected list",
        example="[«$.data.state», [«lost», «void»]]",
    ),
    CheckType(
        name="match",
        check=check_match,
        validate_expected=expected_validation.part,
        validate_expected_items=expected_validation.empty_parts,
        short_expect="{key: value}",
        description="the expected mapping or list is part of the actual one, deeply",
        example="[«$.data», {«state»: «paid»}]",
    ),
    CheckType(
        name="same_members",
        aliases=("eq_unordered",),
        check=check_same_members,
        validate_expected=expected_validation.list_of_members,
        short_expect="[one, other, …]",
        description="equal lists in any order, as many of each",
        example="[«'$.items[*].id'», [«1», «2»]]",
    ),
)

_LENGTHS: Final = tuple(
    CheckType(
        name=f"len_{short}",
        aliases=(f"length_{short}", f"length_{word}"),
        check=comparisons.check_length(holds, message, complain),
        validate_expected=complain,
        accepts_empty_selection=True,
        description=f"length of text, list or mapping, or the number of matches: {word}",
        example="[«$.data.items», «3»]",
    )
    for short, word, holds, message, complain in (
        (
            "eq",
            "equals",
            operator.eq,
            marked("Expected {what} to be {wanted}, but got {got}"),
            expected_validation.length,
        ),
        (
            "gt",
            "greater_than",
            operator.gt,
            marked("Expected {what} to be more than {wanted}, but got {got}"),
            expected_validation.length,
        ),
        (
            "lt",
            "less_than",
            operator.lt,
            marked("Expected {what} to be less than {wanted}, but got {got}"),
            expected_validation.length,
        ),
        (
            "ge",
            "greater_or_equal",
            operator.ge,
            marked("Expected {what} to be at least {wanted}, but got {got}"),
            expected_validation.least_length,
        ),
        (
            "le",
            "less_or_equal",
            operator.le,
            marked("Expected {what} to be at most {wanted}, but got {got}"),
            expected_validation.length,
        ),
    )
)

_STATE: Final = (
    CheckType(
        name="type",
        check=comparisons.check_type,
        validate_expected=expected_validation.type_name,
        description="string, integer, float, number, boolean, array, object or null",
        example="[«$.data.id», «integer»]",
    ),
    CheckType(
        name="exists",
        check=comparisons.check_exists,
        validate_expected=expected_validation.boolean,
        default_expect=True,
        accepts_no_match=True,
        description="the path matches, whatever the value; with false: it does not",
        example="«$.data.id»",
    ),
    CheckType(
        name="is_null",
        check=boolean_check(
            comparisons.is_null,
            marked("Expected {path} to be null, but got {got}"),
            marked("Expected {path} not to be null, but got {got}"),
        ),
        validate_expected=expected_validation.boolean,
        default_expect=True,
        description="null; with false: not null",
        example="«$.data.error»",
    ),
    CheckType(
        name="is_empty",
        reads_text=lambda expected: expected is True,
        check=boolean_check(
            comparisons.is_empty,
            marked("Expected {path} to be empty, but got {got}"),
            marked("Expected {path} not to be empty, but got {got}"),
        ),
        validate_expected=expected_validation.boolean,
        default_expect=True,
        description="empty text, list or mapping, or null; with false: not empty",
        example="«$.data.errors»",
    ),
    CheckType(
        name="status_code",
        check=comparison_check(
            comparisons.has_status, marked("Expected status {wanted}, but got {got}")
        ),
        validate_expected=expected_validation.status,
        default_path="$.status_code",
        default_source="response",
        description="the response's status: a number, `2xx`, or a list of those",
        example="«200»",
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
        example="[«$.data», {type: «object», required: [«id»]}]",
    ),
)

CHECKS: Final = (*_EQUALITY, *_ORDER, *_CONTENT, *_LENGTHS, *_STATE)
