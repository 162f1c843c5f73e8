"""The command `sisyphus-api-convert`: files of other tools become cases."""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from pytest_sisyphus.atomic_file import write_atomically
from pytest_sisyphus.cli.language import add_lang, speak
from pytest_sisyphus.convert.conversion import (
    Conversion,
    Converted,
    absolute,
    left_alone,
    shown_path,
    sources_at,
)
from pytest_sisyphus.convert.draft import Fate
from pytest_sisyphus.convert.included import YAML_SUFFIXES
from pytest_sisyphus.convert.needs import missing_rows
from pytest_sisyphus.convert.output import write_files
from pytest_sisyphus.errors import SisyphusError, in_words
from pytest_sisyphus.i18n import marked, tr
from pytest_sisyphus.redact.redactor import redact_text
from pytest_sisyphus.values.describe import counted

ALL, SOME, NOTHING = 0, 1, 4
#: files that are named in one line.
_MOST: Final = 20
_SAID: Final = {Fate.NOT_CONVERTED: marked("NOT CONVERTED"), Fate.USED: marked("changed")}


def convert(argv: Sequence[str] | None = None) -> int:
    """Exit code 0: all of it; 1: written, but some of it could not be; 4: nothing was written."""
    speak(argv)
    args = _parser().parse_args(argv)
    try:
        found = _converted(args)
        if not args.check:
            write_files(found, may_replace=args.force)
        if args.report:
            write_atomically(Path(args.report), json.dumps([_report(one) for one in found]))
    except (SisyphusError, OSError, UnicodeError) as error:
        _say(tr("{error}\nnothing was written", error=in_words(error)))
        return NOTHING
    for one in found:
        _say(_account(one, is_check=args.check))
    if left := left_alone(args.paths, found):
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


def _converted(args: argparse.Namespace) -> list[Converted]:
    """Raises SisyphusError, OSError: with all files that cannot be converted."""
    sources = [found for path in args.paths for found in sources_at(Path(path))]
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
    conversion = Conversion(
        output, to_folder=to_folder, may_replace=args.force, is_check=args.check
    )
    return conversion.of(sources)


def _account(one: Converted, *, is_check: bool) -> str:
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
        if missing := missing_rows(draft, absolute(one.source)):
            lines.append(
                tr(
                    "    is not there: {file}: its columns are not known; convert again when it is",
                    file=missing,
                )
            )
    if one.copies:
        beside = absolute(one.source).parent
        files = tr(", ").join(
            text
            if path == beside / text
            else tr("{file} (from {path})", file=text, path=shown_path(path))
            for text, path in one.copies.items()
        )
        lines.append(tr("    copied beside it: {files}", files=files))
    if one.needs:
        files = tr(", ").join(one.needs)
        lines.append(tr("    copy beside it, with the same paths: {files}", files=files))
    return "\n".join(lines)


def _report(one: Converted) -> dict[str, Any]:
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
