"""A named set of parts, with a good complaint."""

import difflib
from collections.abc import Callable, Iterable, Iterator
from typing import Generic, Protocol, TypeVar

from .errors import ConfigError


class Part(Protocol):
    @property
    def name(self) -> str: ...

    @property
    def aliases(self) -> tuple[str, ...]: ...


P = TypeVar("P", bound=Part)


class Registry(Generic[P]):
    """Parts of one kind by name and alias. Later additions never replace earlier ones."""

    def __init__(
        self, kind: str, parts: Iterable[P] = (), *, where: Callable[[P], str] = lambda _: ""
    ) -> None:
        """`where`: the place a part comes from, for the complaint about two of one name."""
        self.kind = kind
        self._where = where
        self._parts: dict[str, P] = {}
        for part in parts:
            self.add(part)

    def add(self, part: P) -> None:
        for name in (part.name, *part.aliases):
            if name in self._parts:
                places = filter(None, map(self._where, (self._parts[name], part)))
                told = " and ".join(places)
                raise ConfigError(
                    f"there are two {self.kind}s called {name!r}" + (f": {told}" if told else "")
                )
            self._parts[name] = part

    def __getitem__(self, name: str) -> P:
        """Raises ConfigError that names what comes near."""
        try:
            return self._parts[name]
        except KeyError:
            raise ConfigError(f"no {self.kind} {name!r}{near(name, self._parts)}") from None

    def __contains__(self, name: object) -> bool:
        return name in self._parts

    def __iter__(self) -> Iterator[P]:
        return iter(dict.fromkeys(self._parts.values()))

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self._parts)


def near(name: str, known: Iterable[object]) -> str:
    """`; did you mean 'x'?`, or what is known if that is short, or nothing."""
    names = [str(one) for one in known]
    close = difflib.get_close_matches(str(name), names, n=2)
    if close:
        return f"; did you mean {' or '.join(map(repr, close))}?"
    if names and len(names) <= 12:
        return f"; known: {', '.join(sorted(names))}"
    return ""
