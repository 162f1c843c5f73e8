"""The command `sisyphus-api-convert`: files of other tools become cases."""

import argparse
import dataclasses
import json
import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from pytest_sisyphus.atomic_file import write_atomically
from pytest_sisyphus.cli.language import add_lang, speak
from pytest_sisyphus.config.options import PROJECT_FILE
from pytest_sisyphus.convert.draft import Draft, Fate
from pytest_sisyphus.convert.included import YAML_SUFFIXES, Parts
from pytest_sisyphus.convert.needs import missing_rows, needed_files
from pytest_sisyphus.convert.older_engine import (
    drafts,
    is_of_the_older_engine,
    project_draft,
    tag_unconverted,
)
from pytest_sisyphus.convert.older_project import OLDER_PROJECT
from pytest_sisyphus.convert.writer import write
from pytest_sisyphus.errors import SisyphusError
from pytest_sisyphus.i18n import marked, tr
from pytest_sisyphus.redact.redactor import redact_text
from pytest_sisyphus.values.describe import counted
from pytest_sisyphus.values.record import record

ALL, SOME, NOTHING = 0, 1, 4
#: files that are named in one line.
_MOST: Final = 20
_SAID: Final = {Fate.NOT_CONVERTED: marked("NOT CONVERTED"), Fate.USED: marked("changed")}


@record
class _Converted:
    source: Path
    #: None: standard output.
    target: Path | None
    drafts: list[Draft]
    #: what it is, where it is no file of cases.
    kind: str = ""
    #: why it is not written, although others are.
    withheld: str = ""
    #: the files that it reads besides, as they are written, and where they are.
    copies: dict[str, Path] = dataclasses.field(default_factory=dict)
    #: those that are to be copied by hand.
    needs: list[str] = dataclasses.field(default_factory=list)

    @property
    def text(self) -> str:
        return "---\n".join(map(write, self.drafts))


def convert(argv: Sequence[str] | None = None) -> int:
    """Exit code 0: all of it; 1: written, but some of it could not be; 4: nothing was written."""
    speak(argv)
    args = _parser().parse_args(argv)
    try:
        found = _converted(args)
        if not args.check:
            _write(found, may_replace=args.force)
        if args.report:
            write_atomically(Path(args.report), json.dumps([_report(one) for one in found]))
    except (SisyphusError, OSError, UnicodeError) as error:
        _say(tr("{error}\nnothing was written", error=error))
        return NOTHING
    for one in found:
        _say(_account(one, is_check=args.check))
    if left := _left_alone(args.paths, found):
        files = tr(", ").join(left[:_MOST]) + ("…" if left[_MOST:] else "")
        _say(tr("no cases of the older engine, left alone: {files}", files=files))
    lost = any(one.withheld or any(draft.is_unconverted for draft in one.drafts) for one in found)
    return SOME if lost else ALL


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> Any:
        self.print_usage(sys.stderr)
        self.exit(NOTHING, f"{self.prog}: error: {message}\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="sisyphus-api-convert", description=tr("Make cases of other tools' files.")
    )
    add_lang(parser)
    kinds = parser.add_subparsers(dest="kind", required=True, metavar="KIND")
    engine = kinds.add_parser(
        "engine", help=tr("files of the older engine, of both of its dialects")
    )
    engine.add_argument("paths", nargs="+", metavar="PATH", help=tr("files, or folders of them"))
    engine.add_argument(
        "-o", "--output", metavar="PATH", help=tr("a file or a folder (default: standard output)")
    )
    engine.add_argument("--check", action="store_true", help=tr("say everything, write no case"))
    engine.add_argument("--report", metavar="FILE", help=tr("write the account as JSON"))
    engine.add_argument("--force", action="store_true", help=tr("replace files that are there"))
    add_lang(engine)
    return parser


@record
class _Source:
    path: Path
    #: the path in the folder that is written.
    below: Path
    #: the folder that was named, if one was.
    folder: Path | None
    is_project: bool = False


def _converted(args: argparse.Namespace) -> "list[_Converted]":
    """Raises SisyphusError, OSError: with all files that cannot be converted."""
    sources = [found for path in args.paths for found in _sources(Path(path))]
    if not sources:
        raise FileNotFoundError(
            tr("no file of the older engine in {paths}", paths=", ".join(args.paths))
        )
    output = Path(args.output) if args.output else None
    to_folder = output is not None and (
        len(sources) > 1 or output.suffix.lower() not in YAML_SUFFIXES or output.is_dir()
    )
    if output is None and len(sources) > 1 and not args.check:
        raise FileNotFoundError(
            tr("{count} files need a folder: say -o FOLDER", count=len(sources))
        )
    conversion = _Conversion(
        output, to_folder=to_folder, may_replace=args.force, is_check=args.check
    )
    return conversion.of(sources)


class _Conversion:
    """Of all files that one call names, with what they include and the project files above them."""

    def __init__(
        self, output: Path | None, *, to_folder: bool, may_replace: bool, is_check: bool
    ) -> None:
        self._output = output
        self._is_check = is_check
        self._to_folder = to_folder
        self._may_replace = may_replace
        self._parts = Parts()
        self._problems: list[str] = []
        #: by their paths; None: it cannot be read, or says nothing.
        self._projects: dict[Path, _Converted | None] = {}

    def of(self, sources: "Sequence[_Source]") -> list[_Converted]:
        """Raises FileNotFoundError."""
        cases = [made for one in sources if (made := self._of_source(one)) is not None]
        if self._problems:
            raise FileNotFoundError("\n".join(self._problems))
        self._parts.close()
        for case in cases:
            for draft in case.drafts:
                if not case.kind:
                    tag_unconverted(draft)
        projects = [one for one in self._projects.values() if one is not None]
        return [*map(self._with_files, (*cases, *self._of_parts(cases))), *projects]

    def _with_files(self, one: _Converted) -> _Converted:
        """With the files that it reads besides, but for those that are there."""
        named = {
            text: path
            for draft in one.drafts
            for text, path in needed_files(draft, _absolute(one.source)).items()
        }
        if one.target is None or one.withheld:
            return dataclasses.replace(one, needs=sorted(named))
        folder, root = _absolute(one.target.parent), _absolute(self._root(one.target))
        copies, needs = {}, []
        for text, path in named.items():
            target = _absolute(folder / text)
            if target.is_relative_to(root) and (self._may_replace or not target.is_file()):
                copies[text] = path
            elif not target.is_file():
                needs.append(text)
        return dataclasses.replace(one, copies=copies, needs=needs)

    def _of_source(self, source: "_Source") -> "_Converted | None":
        """None: there is a problem with it."""
        if source.is_project:
            self._project_at(source.path, source)
            return None
        project = self._project_of(source)
        path = source.path
        try:
            made = drafts(_absolute(path), path.as_posix(), project, self._parts, source.folder)
        except (SisyphusError, OSError, UnicodeError) as error:
            self._problems.append(str(error))
            return None
        return _Converted(source=path, target=self._target(source.below), drafts=made)

    def _target(self, below: Path) -> Path | None:
        if self._output is None:
            return None
        return self._output / below if self._to_folder else self._output

    def _project_of(self, source: "_Source") -> Draft | None:
        """The nearest project file above a file."""
        folders = _absolute(source.path).parents
        path = next(filter(Path.is_file, (one / OLDER_PROJECT for one in folders)), None)
        return None if path is None else self._project_at(path, source)

    def _project_at(self, path: Path, source: "_Source") -> Draft | None:
        key = _absolute(path)
        if key not in self._projects:
            try:
                self._projects[key] = self._new_project(key, source)
            except (SisyphusError, OSError, UnicodeError) as error:
                self._problems.append(str(error))
                self._projects[key] = None
        made = self._projects[key]
        return None if made is None else made.drafts[0]

    def _new_project(self, path: Path, source: "_Source") -> _Converted | None:
        """Where what is made of its cases finds it; None: it says nothing."""
        shown = _shown(path)
        draft = project_draft(path, shown.as_posix())
        if draft is None:
            return None
        folder, holds_for = source.folder, path.parent.parent
        below = Path()
        if folder is not None and holds_for.is_relative_to(_absolute(folder)):
            below = holds_for.relative_to(_absolute(folder))
        target, withheld = None, ""
        if self._output is None and not self._is_check:
            withheld = tr("it becomes a {file} in a folder: say -o FOLDER", file=PROJECT_FILE)
        elif self._output is not None:
            out = self._output if self._to_folder else self._output.parent
            target = out / below / PROJECT_FILE
        made = _Converted(
            source=shown,
            target=target,
            drafts=[draft],
            kind=tr("project configuration"),
            withheld=withheld,
        )
        if target is None or self._may_replace or not target.exists():
            return made
        if target.read_bytes() == made.text.encode():
            return made
        reason = tr("{target} is there already; say --force to replace it", target=target)
        return dataclasses.replace(made, withheld=reason)

    def _of_parts(self, cases: Sequence[_Converted]) -> Iterator[_Converted]:
        """What the cases include, where what is made of them looks for it."""
        found = {_absolute(one.source): None for one in cases}
        waiting = [
            (part, one.source, one.target)
            for one in cases
            for draft in one.drafts
            for _, part in draft.parts
        ]
        done: set[tuple[Path, Path | None]] = set()
        while waiting:
            part, source, target = waiting.pop(0)
            made = None if target is None else self._beside(target, part.path, source)
            if part.draft is None or part.path in found or (part.path, made) in done:
                continue
            done.add((part.path, made))
            waiting += [(one, part.path, made) for _, one in part.draft.parts]
            withheld = ""
            if target is not None and made is None:
                withheld = tr("it would lie outside of what -o names")
            elif target is None and not self._is_check:
                withheld = tr("an included file needs a folder: say -o FOLDER")
            yield _Converted(
                source=_shown(part.path),
                target=made,
                drafts=[part.draft],
                kind=tr("included"),
                withheld=withheld,
            )

    def _beside(self, target: Path, path: Path, source: Path) -> Path | None:
        """Where a file lies to `target` as `path` does to `source`; None: outside."""
        below = os.path.relpath(path, _absolute(source).parent)
        made = _absolute(target.parent / below)
        return _shown(made) if made.is_relative_to(_absolute(self._root(target))) else None

    def _root(self, target: Path) -> Path:
        """Nothing is written outside of it."""
        return self._output if self._output is not None and self._to_folder else target.parent


def _absolute(path: Path) -> Path:
    """Without `..` in it."""
    return Path(os.path.abspath(path))  # noqa: PTH100 - the pathlib way keeps `..`, or follows links


def _shown(path: Path) -> Path:
    """Relative to the working folder, where it lies below it."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


def _left_alone(paths: Sequence[str], found: Sequence[_Converted]) -> list[str]:
    """YAML files in the named folders of which nothing was made."""
    made = {_absolute(one.source) for one in found}
    made |= {part.path for one in found for draft in one.drafts for _, part in draft.parts}
    return [
        one.as_posix()
        for folder in map(Path, paths)
        for one in _yaml_files(folder)
        if _absolute(one) not in made
    ]


def _yaml_files(folder: Path) -> list[Path]:
    return [
        one
        for one in sorted(folder.rglob("*"))
        if one.suffix.lower() in YAML_SUFFIXES and one.is_file()
    ]


def _sources(path: Path) -> list[_Source]:
    if path.name == OLDER_PROJECT.parent.name and (path / OLDER_PROJECT.name).is_file():
        path /= OLDER_PROJECT.name
    if not path.is_dir():
        is_project = _absolute(path).parts[-2:] == OLDER_PROJECT.parts
        return [_Source(path=path, below=Path(path.name), folder=None, is_project=is_project)]
    return [
        _Source(path=one, below=one.relative_to(path), folder=path)
        for one in _yaml_files(path)
        if is_of_the_older_engine(one.read_bytes())
    ]


def _write(found: Sequence[_Converted], *, may_replace: bool) -> None:
    """All files, or none. Raises OSError."""
    written = [one for one in found if not one.withheld]
    _refuse_mixed_copies(written, _free_targets(written, may_replace=may_replace))
    for one in written:
        if one.target is not None:
            for text, path in one.copies.items():
                _copy(path, one.target.parent / text)
    for one in written:
        if one.target is None:
            sys.stdout.flush()
            sys.stdout.buffer.write(one.text.encode())  # as a file, whatever the terminal encodes
            sys.stdout.buffer.flush()
        else:
            write_atomically(one.target, one.text)


def _free_targets(written: Sequence[_Converted], *, may_replace: bool) -> set[Path]:
    """Where the cases go: each a place of its own, with nothing else there."""
    targets: set[Path] = set()
    for one in written:
        if one.target is None:
            continue
        if one.target in targets:
            raise FileExistsError(
                tr(
                    "{source}: two files would be written to {target}",
                    source=one.source,
                    target=one.target,
                )
            )
        targets.add(one.target)
        if one.target.exists() and not may_replace and one.target.read_bytes() != one.text.encode():
            raise FileExistsError(
                tr("{target}: is there already; say --force to replace it", target=one.target)
            )
    return targets


def _refuse_mixed_copies(written: Sequence[_Converted], targets: set[Path]) -> None:
    """What two cases read under one name is one file only if it says the same. Raises OSError."""
    cases = {_absolute(one) for one in targets}
    sources: dict[Path, Path] = {}
    for one in written:
        if one.target is None:
            continue
        for text, path in one.copies.items():
            target = _absolute(one.target.parent / text)
            first = sources.setdefault(target, path)
            is_mixed = first != path and first.read_bytes() != path.read_bytes()
            if is_mixed or (target in cases and target != _absolute(path)):
                raise FileExistsError(
                    tr(
                        "{source}: two files would be written to {target}",
                        source=path,
                        target=target,
                    )
                )
            if target.is_dir():
                raise IsADirectoryError(21, tr("it is a folder"), str(target))


def _copy(path: Path, target: Path) -> None:
    if _absolute(path) != _absolute(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_name(f".{target.name}.part")
        try:
            shutil.copyfile(path, part)
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)


def _account(one: _Converted, *, is_check: bool) -> str:
    target = tr("standard output") if one.target is None else str(one.target)
    arrow = "" if is_check or one.withheld else f" → {target}"
    lines = [f"{one.source}{arrow} ({one.kind or counted(len(one.drafts), 'case')})"]
    if one.withheld:
        lines.append(f"    {one.source}: {tr('NOT CONVERTED')}: {one.withheld}")
    for draft in one.drafts:
        account = draft.account
        figures = tr(", ").join(
            tr("{count} {fate}", count=account.count(fate), fate=tr(fate)) for fate in Fate
        )
        values = counted(len(account.paths), "value")
        lines.append(tr("  {values}: {figures}", values=values, figures=figures))
        for note in account.sorted_notes:
            fate = tr(_SAID.get(note.fate, note.fate))
            path = f"{note.path}: " if note.path else ""
            said = f"    {one.source}:{note.location.line}: {fate}: {path}{note.reason}"
            lines.append(redact_text(said))
        if missing := missing_rows(draft, _absolute(one.source)):
            lines.append(
                tr(
                    "    is not there: {file}: its columns are not known; convert again when it is",
                    file=missing,
                )
            )
    if one.copies:
        beside = _absolute(one.source).parent
        files = tr(", ").join(
            text if path == beside / text else _from(text, path)
            for text, path in one.copies.items()
        )
        lines.append(tr("    copied beside it: {files}", files=files))
    if one.needs:
        files = tr(", ").join(one.needs)
        lines.append(tr("    copy beside it, with the same paths: {files}", files=files))
    return "\n".join(lines)


def _from(text: str, path: Path) -> str:
    return tr("{file} (from {path})", file=text, path=_shown(path))


def _report(one: _Converted) -> dict[str, Any]:
    return {
        "source": str(one.source),
        "target": None if one.target is None or one.withheld else str(one.target),
        "cases": [
            {
                "values": len(draft.account.paths),
                **{fate.replace(" ", "_"): draft.account.count(fate) for fate in Fate},
                "notes": [
                    {
                        "line": note.location.line,
                        "fate": str(note.fate),
                        "path": note.path,
                        "reason": redact_text(note.reason),
                    }
                    for note in draft.account.sorted_notes
                ],
            }
            for draft in one.drafts
        ],
        "copied": sorted(one.copies),
        "needs": one.needs,
    }


def _say(text: str) -> None:
    print(text, file=sys.stderr)  # noqa: T201 - the answer goes to standard output alone
