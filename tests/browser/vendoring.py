"""The foreign scripts of the page: fetched by npm, rewritten, their sums kept.

`python tests/browser/vendoring.py` writes them anew; a test only compares the sums.
"""

import base64
import dataclasses
import hashlib
import json
import re
import subprocess
import tarfile
import tempfile
from pathlib import Path

_TESTS = Path(__file__).parent / "vendored"
_PAGE = Path(__file__).parents[2] / "orchestrator/page/static/vendor"
MANIFEST = "manifest.json"


@dataclasses.dataclass(frozen=True)
class Package:
    name: str
    version: str
    #: what is taken, by the name it gets here.
    files: dict[str, str]


#: folder -> what is in it.
WANTED = {
    _PAGE: [
        Package(
            "preact",
            "11.2.0",
            {"preact.js": "dist/preact.mjs", "hooks.js": "hooks/dist/hooks.mjs"},
        ),
        Package("htm", "3.1.1", {"htm.js": "dist/htm.module.js"}),
        Package("@preact/signals", "2.11.4", {"signals.js": "dist/signals.mjs"}),
        Package("@preact/signals-core", "1.14.5", {"signals-core.js": "dist/signals-core.mjs"}),
    ],
    _TESTS: [Package("axe-core", "4.14.1", {"axe.js": "axe.min.js"})],
}
#: bare names, which a browser cannot resolve without an import map.
_IMPORTS = {
    '"preact"': '"./preact.js"',
    '"preact/hooks"': '"./hooks.js"',
    '"@preact/signals-core"': '"./signals-core.js"',
}
_SOURCE_MAP = re.compile(r"\n?//# sourceMappingURL=\S+\n?")


def rewritten(text: str) -> str:
    for bare, path in _IMPORTS.items():
        text = text.replace(f"from{bare}", f"from{path}")
    return _SOURCE_MAP.sub("\n", text)


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def differing(folder: Path) -> list[str]:
    """Names of files whose sums are not those of the manifest, and of files that are only in one."""
    manifest = json.loads((folder / MANIFEST).read_text("utf-8"))
    sums = {name: kept for one in manifest for name, kept in one["sha256"].items()}
    there = {path.name: sha256(path) for path in folder.iterdir() if path.name != MANIFEST}
    return sorted(name for name in sums.keys() | there if sums.get(name) != there.get(name))


def _take(folder: Path, package: Package, scratch: Path) -> dict[str, object]:
    archive = _packed(package, scratch)
    short = package.name.removeprefix("@").replace("/", "-")
    taken = {**package.files, f"{short}.LICENSE.txt": "LICENSE"}
    with tarfile.open(archive) as tar:
        for name, member in taken.items():
            content = tar.extractfile(f"package/{member}").read().decode()
            (folder / name).write_text(rewritten(content), "utf-8", newline="\n")
    return {
        "name": package.name,
        "version": package.version,
        "integrity": _integrity(archive),
        "sha256": {name: sha256(folder / name) for name in taken},
    }


def _packed(package: Package, scratch: Path) -> Path:
    """The registry's own archive; npm compares it with the registry's sum."""
    command = ["npm", "pack", "--json", "--pack-destination", scratch]
    done = subprocess.run(
        [*command, f"{package.name}@{package.version}"], check=True, capture_output=True
    )
    return scratch / json.loads(done.stdout)[0]["filename"]


def _integrity(archive: Path) -> str:
    digest = hashlib.sha512(archive.read_bytes()).digest()
    return f"sha512-{base64.b64encode(digest).decode()}"


def main() -> None:
    for folder, packages in WANTED.items():
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory() as scratch:
            taken = [_take(folder, one, Path(scratch)) for one in packages]
        text = json.dumps(taken, indent=2)
        (folder / MANIFEST).write_text(f"{text}\n", "utf-8")


if __name__ == "__main__":
    main()
