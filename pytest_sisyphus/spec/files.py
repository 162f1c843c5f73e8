"""Files that a case names: where they stand, and that they are there."""

from pathlib import Path

from pytest_sisyphus.errors import ConfigError
from pytest_sisyphus.i18n import tr
from pytest_sisyphus.location import NOWHERE, Location
from pytest_sisyphus.spec.context import ValidationContext, invalid
from pytest_sisyphus.template.template import is_template


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
                "there is no file {file!r} {purpose} ({path})",
                file=str(text),
                purpose=purpose,
                path=path,
            ),
            location,
        )
    return path
