"""The files of a conversion are written: all of them, or none."""

import sys
from collections.abc import Sequence
from pathlib import Path

from pytest_sisyphus.atomic_file import write_atomically
from pytest_sisyphus.convert.conversion import Converted, absolute
from pytest_sisyphus.i18n import tr


def write_files(found: Sequence[Converted], *, may_replace: bool) -> None:
    """All files, or none. Raises OSError."""
    written = [one for one in found if not one.withheld]
    _refuse_mixed_copies(written, _free_targets(written, may_replace=may_replace))
    for one in written:
        if one.target is not None:
            for text, path in one.copies.items():
                target = one.target.parent / text
                if absolute(path) != absolute(target):
                    write_atomically(target, path.read_bytes())
    for one in written:
        if one.target is None:
            sys.stdout.flush()
            sys.stdout.buffer.write(one.text.encode())  # as a file, whatever the terminal encodes
            sys.stdout.buffer.flush()
        else:
            write_atomically(one.target, one.text)


def _free_targets(written: Sequence[Converted], *, may_replace: bool) -> set[Path]:
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


def _refuse_mixed_copies(written: Sequence[Converted], targets: set[Path]) -> None:
    """What two cases read under one name is one file only if it says the same. Raises OSError."""
    cases = {absolute(one) for one in targets}
    sources: dict[Path, Path] = {}
    for one in written:
        if one.target is None:
            continue
        for text, path in one.copies.items():
            target = absolute(one.target.parent / text)
            first = sources.setdefault(target, path)
            is_mixed = first != path and first.read_bytes() != path.read_bytes()
            if is_mixed or (target in cases and target != absolute(path)):
                raise FileExistsError(
                    tr(
                        "{source}: two files would be written to {target}",
                        source=path,
                        target=target,
                    )
                )
            if target.is_dir():
                raise IsADirectoryError(21, tr("it is a folder"), str(target))
