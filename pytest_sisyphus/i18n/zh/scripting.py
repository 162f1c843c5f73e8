"""Messages of `scripting`."""

from typing import Final

CHINESE: Final = {
    "{text}… ({dropped} bytes more)": "{text}……（另有 {dropped} 字节）",
}
