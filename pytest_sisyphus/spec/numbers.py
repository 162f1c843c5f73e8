"""Numbers with bounds; what comes out of a template in their place is held to them too."""

import re
from typing import Annotated, Any, Final

from pydantic import BeforeValidator, Field

from pytest_sisyphus.i18n import tr
from pytest_sisyphus.spec.context import invalid
from pytest_sisyphus.spec.fields import Templated, refuse_bool
from pytest_sisyphus.values.describe import short_json
from pytest_sisyphus.values.lazy_pattern import lazy_pattern

#: about thirty years: more than any wait, and what every clock can sleep.
LONGEST = 1e9
_MOST = 100_000

#: as other tools write a time -> seconds.
_UNITS: Final = {
    "ms": 0.001,
    "毫秒": 0.001,
    "s": 1,
    "秒": 1,
    "m": 60,
    "min": 60,
    "分钟": 60,
    "h": 3600,
}
_WITH_UNIT: Final = lazy_pattern(
    rf"\s*(\d{{1,9}}(?:\.\d{{1,9}})?)\s*({'|'.join(_UNITS)})\s*", re.IGNORECASE
)


def _without_unit(value: Any) -> Any:
    if isinstance(value, str) and (found := _WITH_UNIT.fullmatch(value)):
        seconds = float(found[1]) * _UNITS[found[2].lower()]
        said = tr("expected a number of seconds, got {value}", value=short_json(value))
        hint = tr("; write {form}", form=f"{seconds:.12g}") if seconds <= LONGEST else ""
        raise invalid(f"{said}{hint}")
    return refuse_bool(value)


Seconds = Annotated[
    float, Field(ge=0, le=LONGEST, allow_inf_nan=False), Templated(), BeforeValidator(_without_unit)
]
#: seconds between two looks: never none, that would be a busy loop.
Pause = Annotated[
    float,
    Field(ge=0.001, le=LONGEST, allow_inf_nan=False),
    Templated(),
    BeforeValidator(_without_unit),
]
#: a time limit in seconds: within none, nothing would end.
Positive = Annotated[
    float, Field(gt=0, le=LONGEST, allow_inf_nan=False), Templated(), BeforeValidator(_without_unit)
]
#: what a number is multiplied by.
Factor = Annotated[
    float, Field(gt=0, le=LONGEST, allow_inf_nan=False), Templated(), BeforeValidator(refuse_bool)
]
Milliseconds = Annotated[
    float, Field(ge=0, allow_inf_nan=False), Templated(), BeforeValidator(refuse_bool)
]
Count = Annotated[int, Field(ge=0, le=_MOST), Templated(), BeforeValidator(refuse_bool)]
AtLeastOne = Annotated[int, Field(ge=1, le=_MOST), Templated(), BeforeValidator(refuse_bool)]
StatusCode = Annotated[int, Field(ge=100, le=599), Templated(), BeforeValidator(refuse_bool)]
