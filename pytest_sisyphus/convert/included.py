"""Files that are included: each is converted once, as what it is included as."""

import dataclasses
import glob
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from pytest_sisyphus.convert.draft import Account, Draft, Include
from pytest_sisyphus.convert.older_words import say_of_encoding, say_what_was_read_otherwise
from pytest_sisyphus.convert.reading import read_text
from pytest_sisyphus.errors import SisyphusError
from pytest_sisyphus.i18n import tr
from pytest_sisyphus.location import LocatedDict, LocatedList, Location
from pytest_sisyphus.source.comments import comments
from pytest_sisyphus.source.diagnostics import SpecError
from pytest_sisyphus.source.limits import ValueBudget
from pytest_sisyphus.source.reader import Reader
from pytest_sisyphus.source.yaml_reader import read_documents

YAML_SUFFIXES: Final = frozenset({".yaml", ".yml"})


@dataclasses.dataclass
class Part:
    """One included file."""

    path: Path
    #: None: data of another kind, which stays as it is.
    draft: Draft | None
    #: what is included; list items of it take the place of the `!include` in a list.
    value: Any


#: changes what a file holds, in place: (its value, the key that it is the value of, its account,
#: its path).
ConvertPart = Callable[[Any, str, Account, Path], None]


class Parts:
    """The included files of one conversion."""

    def __init__(self) -> None:
        self._by_name: dict[str, Part] = {}
        self._open: list[Inclusions] = []

    def tell(self, value: Any, at: Location, message: str) -> bool:
        """Whether this stands in one of them that is converted, which then is told of it.

        It stays, for other cases have it too.
        """
        part = self._by_name.get(at.file)
        if part is None or part.draft is None:
            return False
        part.draft.account.not_converted(value, at, message)
        return True

    def part(self, path: Path, kind: str, by: "Inclusions") -> Part:
        """`kind`: the key that it is the value of. Raises SpecError."""
        shown = by.reader.display_path(path)
        if shown not in self._by_name:
            self._by_name[shown] = self._read(path, shown, kind, by)
        return self._by_name[shown]

    def close(self) -> None:
        """Every `!include` in them stands where it stood."""
        for one in self._open:
            one.take_out()

    def _read(self, path: Path, shown: str, kind: str, by: "Inclusions") -> Part:
        if path.suffix.lower() not in YAML_SUFFIXES:
            (*_, value) = [None, *by.reader.documents(path)]
            return Part(path=path, draft=None, value=value)
        text, encoding = read_text(path, shown)
        document, original = _read_one(text, shown), _read_one(text, shown)
        if not isinstance(document, LocatedDict | LocatedList):
            return Part(path=path, draft=None, value=document)
        account = Account(original, original.location)
        by.convert(document, kind, account, path)
        account.close(original, document)
        inclusions = Inclusions(self, path, by.reader, account, by.convert, chain=by.chain)
        inclusions.put_in(document, kind)
        self._open.append(inclusions)
        say_what_was_read_otherwise(original, original.location, text.split("\n"), account)
        remarks = comments(text)
        draft = Draft(case=document, account=account, comments=remarks, parts=inclusions.parts)
        say_of_encoding(draft, encoding)
        return Part(path=path, draft=draft, value=document)


class Inclusions:
    """What one file includes, put where its `!include`s stand, and taken out again."""

    def __init__(
        self,
        parts: Parts,
        file: Path,
        reader: Reader,
        account: Account,
        convert: ConvertPart,
        *,
        chain: tuple[Path, ...] = (),
    ) -> None:
        self.reader = reader
        self.convert = convert
        #: the files that include each other down to this one.
        self.chain = (*chain, file)
        self.parts: list[tuple[str, Part]] = []
        self._all = parts
        self._file = file
        self._account = account
        self._undo: list[Callable[[], None]] = []

    def put_in(self, value: Any, kind: str = "") -> None:
        """`kind`: the key whose value it is."""
        if isinstance(value, LocatedDict):
            for key in [*value]:
                self._put_one(value, key, key)
        elif isinstance(value, LocatedList):
            for index in reversed(range(len(value))):
                self._put_one(value, index, kind)

    def take_out(self) -> None:
        for undo in reversed(self._undo):
            undo()
        self._undo.clear()

    def _put_one(self, holder: Any, key: Any, kind: str) -> None:
        if not isinstance(holder[key], Include):
            self.put_in(holder[key], kind)
            return
        found = self._named(holder, key, kind)
        if found is None:
            return
        made = found[0] if len(found) == 1 else _as_list(found, holder.locations[key])
        if isinstance(holder, LocatedList):
            self._splice(holder, key, made)
        else:
            self._undo.append(_putter(holder, key, holder[key]))
            holder[key] = made

    def _named(self, holder: Any, key: Any, kind: str) -> list[Any] | None:
        """The values that an `!include` names; None: it was dropped, for it names nothing."""
        text, at = str(holder[key]), holder.locations[key]
        try:
            paths = self.reader.included(text, self._file, at)
            found = [self._part(path, text, at, kind) for path in paths]
        except SpecError as error:
            first = error.diagnostics[0]
            is_here = first.location.file == at.file
            self._account.not_converted(holder[key], at, first.message if is_here else str(first))
            del holder[key], holder.locations[key]
            return None
        return [one.value for one in found]

    def _part(self, path: Path, text: str, at: Location, kind: str) -> Part:
        if path in self.chain:
            names = " -> ".join(self.reader.display_path(one) for one in (*self.chain, path))
            raise SpecError.at(at, tr("files include each other: {chain}", chain=names))
        part = self._all.part(path, kind, self)
        self.parts.append((text, part))
        return part

    def _splice(self, holder: LocatedList, index: int, made: Any) -> None:
        include, at = holder[index], holder.locations[index]
        items = [*made] if isinstance(made, LocatedList) else [made]
        places = [*made.locations] if isinstance(made, LocatedList) else [at]
        before = holder.locations[:index]

        def undo() -> None:
            first = sum(one in holder.locations for one in before)
            its_own = slice(first, first + len(places))
            if holder.locations[its_own] == places:  # else it was dropped
                holder[its_own] = [include]
                holder.locations[its_own] = [at]

        holder[index : index + 1] = items
        holder.locations[index : index + 1] = places
        self._undo.append(undo)


def included_value(value: Any, at: Location, file: Path, reader: Reader) -> Any:
    """What an `!include` in a file names; itself where that cannot be read, which is told when it
    is put in."""
    if not isinstance(value, Include) or glob.has_magic(value):
        return value
    try:
        (path,) = reader.included(value, file, at)
        return _read_one(read_text(path, value)[0], value)
    except (SisyphusError, OSError):
        return value


def _read_one(text: str, shown: str) -> Any:
    documents = read_documents(text, shown, lambda name, _: Include(name), ValueBudget())
    if len(documents) == 1:
        return documents[0]
    return _as_list(documents, Location(shown, 1))


def _as_list(values: list[Any], at: Location) -> LocatedList:
    made = LocatedList(at)
    for one in values:
        made.put(one, getattr(one, "location", at))
    return made


def _putter(holder: LocatedDict, key: str, value: Any) -> Callable[[], None]:
    def put() -> None:
        if key in holder:  # else it was dropped
            holder[key] = value

    return put
