"""Which files a conversion reads, what becomes of each, and where it goes."""

import dataclasses
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from pytest_sisyphus.config.options import PROJECT_FILE
from pytest_sisyphus.convert.draft import Draft
from pytest_sisyphus.convert.included import YAML_SUFFIXES, Parts
from pytest_sisyphus.convert.needs import needed_files
from pytest_sisyphus.convert.older_engine import (
    drafts,
    is_of_the_older_engine,
    project_draft,
    tag_unconverted,
)
from pytest_sisyphus.convert.older_project import OLDER_PROJECT
from pytest_sisyphus.convert.writer import write
from pytest_sisyphus.errors import SisyphusError, in_words
from pytest_sisyphus.i18n import tr
from pytest_sisyphus.values.record import record


@record
class Converted:
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


@record
class Source:
    path: Path
    #: the path in the folder that is written.
    below: Path
    #: the folder that was named, if one was.
    folder: Path | None
    is_project: bool = False


class Conversion:
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
        self._projects: dict[Path, Converted | None] = {}

    def of(self, sources: "Sequence[Source]") -> list[Converted]:
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

    def _with_files(self, one: Converted) -> Converted:
        """With the files that it reads besides, but for those that are there."""
        named = {
            text: path
            for draft in one.drafts
            for text, path in needed_files(draft, absolute(one.source)).items()
        }
        if one.target is None or one.withheld:
            return dataclasses.replace(one, needs=sorted(named))
        folder, root = absolute(one.target.parent), absolute(self._root(one.target))
        copies, needs = {}, []
        for text, path in named.items():
            target = absolute(folder / text)
            if target.is_relative_to(root) and (self._may_replace or not target.is_file()):
                copies[text] = path
            elif not target.is_file():
                needs.append(text)
        return dataclasses.replace(one, copies=copies, needs=needs)

    def _of_source(self, source: "Source") -> "Converted | None":
        """None: there is a problem with it."""
        if source.is_project:
            self._project_at(source.path, source)
            return None
        project = self._project_of(source)
        path = source.path
        try:
            made = drafts(absolute(path), path.as_posix(), project, self._parts, source.folder)
        except (SisyphusError, OSError, UnicodeError) as error:
            self._problems.append(in_words(error))
            return None
        return Converted(source=path, target=self._target(source.below), drafts=made)

    def _target(self, below: Path) -> Path | None:
        if self._output is None:
            return None
        return self._output / below if self._to_folder else self._output

    def _project_of(self, source: "Source") -> Draft | None:
        """The nearest project file above a file."""
        folders = absolute(source.path).parents
        path = next(filter(Path.is_file, (one / OLDER_PROJECT for one in folders)), None)
        return None if path is None else self._project_at(path, source)

    def _project_at(self, path: Path, source: "Source") -> Draft | None:
        key = absolute(path)
        if key not in self._projects:
            try:
                self._projects[key] = self._new_project(key, source)
            except (SisyphusError, OSError, UnicodeError) as error:
                self._problems.append(in_words(error))
                self._projects[key] = None
        made = self._projects[key]
        return None if made is None else made.drafts[0]

    def _new_project(self, path: Path, source: "Source") -> Converted | None:
        """Where what is made of its cases finds it; None: it says nothing."""
        shown = shown_path(path)
        draft = project_draft(path, shown.as_posix())
        if draft is None:
            return None
        folder, holds_for = source.folder, path.parent.parent
        below = Path()
        if folder is not None and holds_for.is_relative_to(absolute(folder)):
            below = holds_for.relative_to(absolute(folder))
        target, withheld = None, ""
        if self._output is None and not self._is_check:
            withheld = tr("it becomes a {file} in a folder: say -o FOLDER", file=PROJECT_FILE)
        elif self._output is not None:
            out = self._output if self._to_folder else self._output.parent
            target = out / below / PROJECT_FILE
        made = Converted(
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

    def _of_parts(self, cases: Sequence[Converted]) -> Iterator[Converted]:
        """What the cases include, where what is made of them looks for it."""
        found = {absolute(one.source): None for one in cases}
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
            yield Converted(
                source=shown_path(part.path),
                target=made,
                drafts=[part.draft],
                kind=tr("included"),
                withheld=withheld,
            )

    def _beside(self, target: Path, path: Path, source: Path) -> Path | None:
        """Where a file lies to `target` as `path` does to `source`; None: outside."""
        below = os.path.relpath(path, absolute(source).parent)
        made = absolute(target.parent / below)
        return shown_path(made) if made.is_relative_to(absolute(self._root(target))) else None

    def _root(self, target: Path) -> Path:
        """Nothing is written outside of it."""
        return self._output if self._output is not None and self._to_folder else target.parent


def absolute(path: Path) -> Path:
    """Without `..` in it."""
    return Path(os.path.abspath(path))  # noqa: PTH100 - the pathlib way keeps `..`, or follows links


def shown_path(path: Path) -> Path:
    """Relative to the working folder, where it lies below it."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


def left_alone(paths: Sequence[str], found: Sequence[Converted]) -> list[str]:
    """YAML files in the named folders of which nothing was made."""
    made = {absolute(one.source) for one in found}
    made |= {part.path for one in found for draft in one.drafts for _, part in draft.parts}
    return [
        one.as_posix()
        for folder in map(Path, paths)
        for one in _yaml_files(folder)
        if absolute(one) not in made
    ]


def _yaml_files(folder: Path) -> list[Path]:
    return [
        one
        for one in sorted(folder.rglob("*"))
        if one.suffix.lower() in YAML_SUFFIXES and one.is_file()
    ]


def sources_at(path: Path) -> list[Source]:
    if path.name == OLDER_PROJECT.parent.name and (path / OLDER_PROJECT.name).is_file():
        path /= OLDER_PROJECT.name
    if not path.is_dir():
        is_project = absolute(path).parts[-2:] == OLDER_PROJECT.parts
        return [Source(path=path, below=Path(path.name), folder=None, is_project=is_project)]
    return [
        Source(path=one, below=one.relative_to(path), folder=path)
        for one in _yaml_files(path)
        if is_of_the_older_engine(one.read_bytes())
    ]
