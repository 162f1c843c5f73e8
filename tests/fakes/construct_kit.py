"""What is made without pydantic is what pydantic makes."""

import warnings

from pydantic import BaseModel

from pytest_sisyphus.location import LocatedDict
from pytest_sisyphus.source import case_file
from pytest_sisyphus.source.diagnostics import SpecError
from pytest_sisyphus.spec.context import SisyphusWarning


def is_made_as_by_pydantic(document, validation):
    """Whether it can be made without; then both are the same, and nothing is wrong with it."""
    if not isinstance(document, LocatedDict):
        return False
    made = case_file._read_fast(document, validation)
    if made is None:
        return False
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", SisyphusWarning)
            read = case_file._read_validated(document, validation)
    except SpecError as error:
        raise AssertionError(f"made without pydantic, which refuses it: {error}") from error
    same(made, read, "case")
    return True


def same(made, read, where):
    """Types too: what a step does may hang on them."""
    assert type(made) is type(read), f"{where}: {type(made)}, not {type(read)}"
    if isinstance(made, BaseModel):
        assert made.model_fields_set == read.model_fields_set, where
        same(fields(made), fields(read), where)
    elif isinstance(made, dict):
        assert list(made) == list(read), f"{where}: {list(made)}, not {list(read)}"
        same([*made.items()], [*read.items()], where)
    elif isinstance(made, list | tuple):
        assert len(made) == len(read), where
        for index, (one, other) in enumerate(zip(made, read, strict=True)):
            same(one, other, f"{where}[{index}]")
    else:
        assert made == read or slots(made) == slots(read), f"{where}: {made!r}, not {read!r}"
    for name in ("locations", "key_locations"):
        assert getattr(made, name, None) == getattr(read, name, None), f"{where}: {name}"


def fields(model):
    names = type(model).model_fields
    return [*(getattr(model, name) for name in names), model.model_extra, model.raw]


def slots(value):
    """Of an object of ours that has no equality of its own."""
    return {name: str(getattr(value, name)) for name in getattr(type(value), "__slots__", ())}
