"""The command `sisyphus-api-convert`: files of other tools become cases."""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from pytest_sisyphus.atomic_file import write_atomically
from pytest_sisyphus.convert.draft import Draft, Fate
from pytest_sisyphus.convert.older_engine import drafts, is_of_the_older_engine
from pytest_sisyphus.convert.writer import write
from pytest_sisyphus.errors import SisyphusError
from pytest_sisyphus.redact.redactor import redact_text
from pytest_sisyphus.values.describe import counted
from pytest_sisyphus.values.record import record

ALL, SOME, NOTHING = 0, 1, 4
_SUFFIXES: Final = frozenset({".yaml", ".yml"})


@record
class _Converted:
    source: Path
    #: None: standard output.
    target: Path | None
    drafts: list[Draft]

    @property
    def text(self) -> str:
        return "---\n".join(map(write, self.drafts))


def convert(argv: Sequence[str] | None = None) -> int:
    """Exit code 0: all of it; 1: written, but some of it could not be; 4: nothing was written."""
    args = _parser().parse_args(argv)
    try:
        found = list(_converted(args))
        if not args.check:
            _write(found, may_replace=args.force)
        if args.report:
            write_atomically(Path(args.report), json.dumps([_report(one) for one in found]))
    except (SisyphusError, OSError, UnicodeError) as error:
        _say(f"{error}\nnothing was written")
        return NOTHING
    for one in found:
        _say(_account(one))
    lost = any(draft.account.count(Fate.NOT_CONVERTED) for one in found for draft in one.drafts)
    return SOME if lost else ALL


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> Any:
        self.print_usage(sys.stderr)
        self.exit(NOTHING, f"{self.prog}: error: {message}\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="sisyphus-api-convert", description="Make cases of other tools' files.")
    kinds = parser.add_subparsers(dest="kind", required=True, metavar="KIND")
    engine = kinds.add_parser("engine", help="files of the older engine, of both of its dialects")
    engine.add_argument("paths", nargs="+", metavar="PATH", help="files, or folders of them")
    engine.add_argument(
        "-o", "--output", metavar="PATH", help="a file or a folder (default: standard output)"
    )
    engine.add_argument("--check", action="store_true", help="say everything, write no case")
    engine.add_argument("--report", metavar="FILE", help="write the account as JSON")
    engine.add_argument("--force", action="store_true", help="replace files that are there")
    return parser


def _converted(args: argparse.Namespace) -> "list[_Converted]":
    """Raises SisyphusError, OSError."""
    sources = [found for path in args.paths for found in _files(Path(path))]
    if not sources:
        raise FileNotFoundError(f"no file of the older engine in {', '.join(args.paths)}")
    output = Path(args.output) if args.output else None
    to_folder = output is not None and (
        len(sources) > 1 or output.is_dir() or args.output.endswith("/")
    )
    if output is None and len(sources) > 1 and not args.check:
        raise FileNotFoundError(f"{len(sources)} files need a folder: say -o FOLDER")
    return [
        _Converted(
            source=path,
            target=output / below if output is not None and to_folder else output,
            drafts=drafts(path.absolute(), path.as_posix()),
        )
        for path, below in sources
    ]


def _files(path: Path) -> list[tuple[Path, Path]]:
    """Each file, and its path in the folder that is written."""
    if not path.is_dir():
        return [(path, Path(path.name))]
    return [
        (one, one.relative_to(path))
        for one in sorted(path.rglob("*"))
        if one.suffix.lower() in _SUFFIXES and one.is_file()
        if is_of_the_older_engine(one.read_bytes())
    ]


def _write(found: Sequence[_Converted], *, may_replace: bool) -> None:
    """All files, or none. Raises OSError."""
    targets: set[Path] = set()
    for one in found:
        if one.target is None:
            continue
        if one.target in targets:
            raise FileExistsError(f"{one.source}: two files would be written to {one.target}")
        targets.add(one.target)
        if one.target.exists() and not may_replace:
            raise FileExistsError(f"{one.target}: is there already; say --force to replace it")
    for one in found:
        if one.target is None:
            sys.stdout.write(one.text)
        else:
            write_atomically(one.target, one.text)


def _account(one: _Converted) -> str:
    target = "standard output" if one.target is None else str(one.target)
    lines = [f"{one.source} → {target} ({counted(len(one.drafts), 'case')})"]
    for draft in one.drafts:
        account = draft.account
        figures = ", ".join(f"{account.count(fate)} {fate}" for fate in Fate)
        lines.append(f"  {counted(len(account.paths), 'value')}: {figures}")
        for note in account.notes:
            fate = {Fate.NOT_CONVERTED: "NOT CONVERTED", Fate.USED: "changed"}.get(
                note.fate, str(note.fate)
            )
            said = f"    {one.source}:{note.location.line}: {fate}: {note.path}: {note.reason}"
            lines.append(redact_text(said))
    return "\n".join(lines)


def _report(one: _Converted) -> dict[str, Any]:
    return {
        "source": str(one.source),
        "target": None if one.target is None else str(one.target),
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
                    for note in draft.account.notes
                ],
            }
            for draft in one.drafts
        ],
    }


def _say(text: str) -> None:
    print(text, file=sys.stderr)  # noqa: T201 - the answer goes to standard output alone
