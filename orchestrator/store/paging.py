"""A page of a list."""

from typing import Final, Protocol

#: what every engine takes as an OFFSET; a page past it is as empty.
_OFFSET_LIMIT: Final = 2**62


class Page(Protocol):
    @property
    def page_no(self) -> int: ...
    @property
    def page_size(self) -> int: ...


def offset_of(page: Page) -> int:
    return min((page.page_no - 1) * page.page_size, _OFFSET_LIMIT)
