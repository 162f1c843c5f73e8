"""Headers of requests and responses."""

from typing import Any


class HeaderDict(dict[str, Any]):
    """A plain mapping to show and compare, whose keys are found in any case."""

    def __missing__(self, key: Any) -> Any:
        wanted = str(key).lower()
        for name, value in self.items():
            if str(name).lower() == wanted:
                return value
        raise KeyError(key)

    def get(self, key: Any, default: Any = None) -> Any:
        try:
            return self[key]
        except KeyError:
            return default

    def __contains__(self, key: object) -> bool:
        wanted = str(key).lower()
        return any(str(name).lower() == wanted for name in self)
