"""The Chinese of each message: a module for each room, named like it, with a dict `CHINESE`."""

import functools
import pkgutil
from collections.abc import Mapping
from importlib import import_module


@functools.cache
def catalogue() -> Mapping[str, str]:
    found: dict[str, str] = {}
    for module in pkgutil.iter_modules(__path__):
        found |= import_module(f"{__name__}.{module.name}").CHINESE
    return found
