"""The extensions of one kind by name and alias."""

import difflib
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Generic, Protocol, TypeVar

from pytest_sisyphus.errors import ConfigError
from pytest_sisyphus.i18n import tr


class Named(Protocol):
    @property
    def name(self) -> str: ...

    @property
    def aliases(self) -> tuple[str, ...]: ...


E = TypeVar("E", bound=Named)


class Registry(Generic[E]):
    """Extensions of one kind by name and alias. Later additions never replace earlier ones."""

    def __init__(
        self, kind: str, extensions: Iterable[E] = (), *, where: Callable[[E], str] = lambda _: ""
    ) -> None:
        """`where`: the place an extension comes from, for the complaint about two of one name."""
        self.kind = kind
        self._where = where
        self._by_name: dict[str, E] = {}
        for extension in extensions:
            self.add(extension)

    def add(self, extension: E) -> None:
        for name in (extension.name, *extension.aliases):
            if name in self._by_name:
                places = filter(None, map(self._where, (self._by_name[name], extension)))
                message = tr("there are two {kind}s called {name!r}", kind=tr(self.kind), name=name)
                both = tr(" and ").join(places)
                raise ConfigError(
                    tr("{message}: {places}", message=message, places=both) if both else message
                )
            self._by_name[name] = extension

    def __getitem__(self, name: str) -> E:
        """Raises ConfigError that names what comes near."""
        try:
            return self._by_name[name]
        except KeyError:
            message = tr(
                "no {kind} {name!r}{near}",
                kind=tr(self.kind),
                name=name,
                near=near(name, self._by_name),
            )
            raise ConfigError(message) from None

    def __contains__(self, name: object) -> bool:
        return name in self._by_name

    def __iter__(self) -> Iterator[E]:
        """Each once, by its first name; an extension that holds a dict has no hash."""
        return (one for name, one in self._by_name.items() if name == one.name)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self._by_name)


def near(name: str, known: Iterable[object]) -> str:
    """`; did you mean 'x'?`, or what is known if that is short, or nothing."""
    names = [str(one) for one in known]
    if close := difflib.get_close_matches(str(name), names, n=2):
        return did_you_mean(close)
    if names and len(names) <= 12:
        return tr("; known: {names}", names=tr(", ").join(sorted(names)))
    return ""


def followed(said: str, hint: str) -> str:
    """The sentence with a `; hint`, whose sign is too much behind a question."""
    if hint and said.endswith(("?", "？")):
        return f"{said} {hint.lstrip('；; ')}"
    return f"{said}{hint}"


def did_you_mean(names: Sequence[str]) -> str:
    """`; did you mean 'x' or 'y'?`; empty for no names."""
    return tr("; did you mean {names}?", names=tr(" or ").join(map(repr, names))) if names else ""
