"""Messages of `atomic_file`."""

from typing import Final

CHINESE: Final = {
    "it is a folder": "这是目录",
}
