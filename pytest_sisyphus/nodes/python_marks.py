"""The mark `sisyphus` of Python tests: one that names no case would be passed over in silence."""

from collections.abc import Iterable, Iterator
from typing import Any, Final

import pytest

from pytest_sisyphus.extensions.registry import near
from pytest_sisyphus.i18n import tr
from pytest_sisyphus.values.describe import short_json

_NAMES: Final = ("case_id", "case_key")


def wrong_marks(collected: Iterable[Any]) -> str:
    """What is wrong with the marks of what was collected, a line each, with its place; empty when
    nothing is."""
    return "\n".join(
        dict.fromkeys(
            f"{file}:{(line or 0) + 1}: @pytest.mark.sisyphus{problem}"
            for item in collected
            if isinstance(item, pytest.Function)
            for mark in item.iter_markers("sisyphus")
            for problem in _problems(mark)
            for file, line, _ in [item.location]  # slow to find
        )
    )


def _problems(mark: pytest.Mark) -> Iterator[str]:
    wanted = tr('; write case_id=1002 or case_key="…"')
    if mark.args:
        yield tr(" takes no argument without its name{wanted}", wanted=wanted)
    elif not mark.kwargs:
        yield tr(" names no case{wanted}", wanted=wanted)
    for name, value in mark.kwargs.items():
        is_number = isinstance(value, int) and not isinstance(value, bool)
        if name not in _NAMES:
            yield tr(" has no {name!r}{hint}", name=name, hint=near(name, _NAMES) + wanted)
        elif value is None or is_number:
            continue
        elif name == "case_id":
            yield tr(
                ": case_id is a whole number, got {value}{wanted}",
                value=short_json(value),
                wanted=wanted,
            )
        elif not isinstance(value, str) or not value.strip():
            yield tr(
                ": case_key is a text that is not empty, got {value}{wanted}",
                value=short_json(value),
                wanted=wanted,
            )
