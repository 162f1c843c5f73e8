"""Files of the older engine as they lie there: in UTF-8 or a Chinese encoding, here or there."""

from pathlib import Path

from pytest_sisyphus.i18n import tr
from pytest_sisyphus.source.diagnostics import SpecError
from pytest_sisyphus.source.yaml_reader import decode, read_bytes
from pytest_sisyphus.values.encodings import chinese_encoding


def read_text(path: Path, shown: str) -> tuple[str, str]:
    """The text, and its encoding if that is not UTF-8. Raises SpecError."""
    content = read_bytes(path, shown)
    try:
        return decode(content, shown), ""
    except SpecError:
        encoding = chinese_encoding_of(content)
        if not encoding:
            raise
        return decode(content.decode(encoding).encode(), shown), encoding


def was_read_as(encoding: str) -> str:
    return tr("it reads as {encoding}; what is written is UTF-8", encoding=encoding.upper())


def chinese_encoding_of(content: bytes) -> str:
    """`gbk` or `gb18030`, if it reads as that, and not as UTF-8."""
    try:
        content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return chinese_encoding(content)
    return ""


def find_rows(named: str, file: Path) -> Path | None:
    """The older engine looked for rows from where it was started: the folder of the file, this
    one, or one above the file."""
    folders = (file.absolute().parent, Path.cwd(), *file.absolute().parents)
    return next((one / named for one in folders if (one / named).is_file()), None)
