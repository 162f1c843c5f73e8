"""Numbers with bounds; what comes out of a template in their place is held to them too."""

from typing import Annotated

from pydantic import BeforeValidator, Field

from pytest_sisyphus.spec.fields import Templated, refuse_bool

#: about thirty years: more than any wait, and what every clock can sleep.
LONGEST = 1e9
_MOST = 100_000

Seconds = Annotated[
    float, Field(ge=0, le=LONGEST, allow_inf_nan=False), Templated(), BeforeValidator(refuse_bool)
]
#: seconds between two looks: never none, that would be a busy loop.
Pause = Annotated[
    float,
    Field(ge=0.001, le=LONGEST, allow_inf_nan=False),
    Templated(),
    BeforeValidator(refuse_bool),
]
#: a time limit in seconds (within none, nothing would end), or a factor.
Positive = Annotated[
    float, Field(gt=0, le=LONGEST, allow_inf_nan=False), Templated(), BeforeValidator(refuse_bool)
]
Milliseconds = Annotated[
    float, Field(ge=0, allow_inf_nan=False), Templated(), BeforeValidator(refuse_bool)
]
Count = Annotated[int, Field(ge=0, le=_MOST), Templated(), BeforeValidator(refuse_bool)]
AtLeastOne = Annotated[int, Field(ge=1, le=_MOST), Templated(), BeforeValidator(refuse_bool)]
StatusCode = Annotated[int, Field(ge=100, le=599), Templated(), BeforeValidator(refuse_bool)]
