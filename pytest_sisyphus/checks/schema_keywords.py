"""Unknown keywords in a JSON Schema, which a validator skips without a word."""

import functools
from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import urljoin

from pytest_sisyphus.extensions.registry import near
from pytest_sisyphus.i18n import tr

Path = tuple[str | int, ...]

#: known to every draft, whatever its metaschema lists; `x-…` besides.
_EVERYWHERE: Final = frozenset({"$schema", "$ref", "$comment"})


def unknown_keywords(schema: Mapping[str, Any]) -> Iterator[tuple[Path, str]]:
    """Of a valid schema and all schemas in it: the path of each, and what is wrong with it."""
    import jsonschema  # noqa: PLC0415 - an extra, and slow to import
    from referencing.jsonschema import specification_with  # noqa: PLC0415 - comes with it

    made = jsonschema.validators.validator_for(schema, jsonschema.Draft202012Validator)
    draft = specification_with(made.META_SCHEMA["$schema"])
    known, places = _keywords(made.META_SCHEMA["$schema"]), _paths(schema)
    pending: list[Any] = [schema]
    while pending:
        one = pending.pop()
        if isinstance(one, Mapping) and id(one) in places:
            path = places.pop(id(one))  # a mapping that a YAML alias repeats is reported once
            pending.extend(draft.subresources_of(one))
            for word in one:
                if word not in known and not str(word).startswith("x-"):
                    problem = tr(
                        "{word!r} is no keyword of JSON Schema ({draft}) and checks nothing{hint}",
                        word=str(word),
                        draft=draft.name,
                        hint=near(str(word), known),
                    )
                    yield (*path, word), problem


@functools.cache
def _keywords(draft: str) -> frozenset[str]:
    """Of the draft's metaschema; that of newer drafts is put together from several."""
    from jsonschema_specifications import REGISTRY  # noqa: PLC0415 - comes with jsonschema

    words, pending = set(_EVERYWHERE), [draft.rstrip("#")]
    while pending:
        uri = pending.pop()
        metaschema: Any = REGISTRY.contents(uri)
        words.update(metaschema.get("properties", ()))
        pending.extend(urljoin(uri, part["$ref"]) for part in metaschema.get("allOf", ()))
    return frozenset(words)


def _paths(schema: Any) -> dict[int, Path]:
    """Where each mapping stands, by its identity."""
    found: dict[int, Path] = {}
    pending: list[tuple[Path, Any]] = [((), schema)]
    while pending:
        path, value = pending.pop()
        if isinstance(value, Mapping):
            found[id(value)] = path
            pending.extend(((*path, key), item) for key, item in value.items())
        elif isinstance(value, list | tuple):
            pending.extend(((*path, index), item) for index, item in enumerate(value))
    return found
