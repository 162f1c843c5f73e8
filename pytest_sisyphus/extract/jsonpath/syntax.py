"""What a path says, as data: the parser makes it, `jsonpath` hands it to the library."""

from typing import TYPE_CHECKING, TypeAlias

from pytest_sisyphus.values.record import record

if TYPE_CHECKING:  # few paths have a filter
    from pytest_sisyphus.extract.jsonpath.filter_syntax import FilterExpr


@record(kw_only=False)
class NameSelector:
    text: str


@record(kw_only=False)
class IndexSelector:
    index: int


@record(kw_only=False)
class SliceSelector:
    start: int | None
    stop: int | None
    step: int


@record(kw_only=False)
class WildcardSelector:
    pass


@record(kw_only=False)
class LengthSelector:
    """`.length()`, or with `or_key` `.length`: first a key of that name."""

    or_member: bool = False


@record(kw_only=False)
class FilterSelector:
    test: "FilterExpr"


Selector: TypeAlias = (
    NameSelector
    | IndexSelector
    | SliceSelector
    | WildcardSelector
    | LengthSelector
    | FilterSelector
)


@record(kw_only=False)
class Segment:
    """One step down: `.name`, `[0, 1]`, `..*`."""

    selectors: tuple[Selector, ...]
    #: where its spelling ends in the path's text.
    end: int
    #: written with `..`: applied to every container below, too.
    is_descendant: bool = False

    @property
    def selects_many(self) -> bool:
        return (
            self.is_descendant
            or len(self.selectors) > 1
            or isinstance(self.selectors[0], WildcardSelector | SliceSelector | FilterSelector)
        )

    @property
    def is_selection(self) -> bool:
        """Whether it takes some of what is there, and names none of it."""
        chooses = all(
            isinstance(one, WildcardSelector | SliceSelector | FilterSelector)
            for one in self.selectors
        )
        return chooses and not self.is_descendant

    @property
    def is_call(self) -> bool:
        return self.selectors == (LengthSelector(),)
