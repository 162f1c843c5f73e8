"""Files that a case names: where they stand, and that they are there."""

import contextlib
import itertools
from pathlib import Path
from typing import Final

from pytest_sisyphus.errors import ConfigError
from pytest_sisyphus.extensions.registry import near
from pytest_sisyphus.i18n import tr
from pytest_sisyphus.location import NOWHERE, Location
from pytest_sisyphus.spec.context import ValidationContext, invalid
from pytest_sisyphus.template.template import is_template

#: files of a folder that are looked at for a near name.
_MOST: Final = 500


def near_file(path: Path) -> str:
    """Of a file that is not there: `; did you mean 'x.csv'?`, or the few of its kind that are."""
    with contextlib.suppress(OSError):
        kind = "*.y*ml" if path.suffix in {".yaml", ".yml"} else f"*{path.suffix}"
        beside = itertools.islice(path.parent.glob(kind), _MOST)
        return near(path.name, sorted(one.name for one in beside if one.is_file()))
    return ""


def literal_file(
    text: str, location: Location | None, context: ValidationContext, purpose: str
) -> Path | None:
    """The file of a path as it is written; None where it is a template, or came out of one.

    Raises `invalid` for one that lies outside of the root folders, or is not there. `purpose`: `to
    upload`, in the language of messages.
    """
    if context.rendered or is_template(text):
        return None
    place = location or NOWHERE
    try:
        path = context.resolve(str(text), place)
    except ConfigError as error:
        raise invalid(str(error).removeprefix(f"{place.exact}: "), location) from error
    if not path.is_file():
        raise invalid(
            tr(
                "there is no file {file!r} {purpose} ({path}){hint}",
                file=str(text),
                purpose=purpose,
                path=path,
                hint=near_file(path),
            ),
            location,
        )
    return path
