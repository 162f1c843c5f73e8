"""Regular expressions that are compiled when they are first used."""

import re
from typing import Any, AnyStr, cast


class _LazyPattern:
    def __init__(self, pattern: Any, flags: int) -> None:
        self.pattern, self._flags = pattern, flags

    def __getattr__(self, name: str) -> Any:
        found = getattr(re.compile(self.pattern, self._flags), name)
        setattr(self, name, found)  # from now on it costs what the pattern's own would
        return found


def lazy_pattern(pattern: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
    """`re.compile` for a module's constant: a hundred of them are loaded with the first case, of
    which a few are used. What wants a real pattern (`isinstance`, `re.sub`) takes no such one."""
    return cast("re.Pattern[AnyStr]", _LazyPattern(pattern, flags))
