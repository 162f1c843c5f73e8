"""What an editor inserts, of the JSON Schema: the cursor goes from place to place."""

import re
from collections.abc import Iterator, Mapping
from itertools import count
from typing import Any, Final

#: kind of step -> what is inserted for one, its places between « and »; of text, all is written as
#: it stands.
STEPS: Final[Mapping[str, Mapping[str, Any]]] = {
    "request": {
        "name": "«create an order»",
        "method": "«POST»",
        "url": "«/orders»",
        "json": "{«product»: «book»}",
        "validations": [{"status_code": "«201»"}, {"eq": "[«$.product», «book»]"}],
    },
    "database": {
        "name": "«unpaid orders»",
        "type": "database",
        "database": "«shop»",
        "sql": "«SELECT id FROM orders WHERE paid = :paid»",
        "params": "{«paid»: «0»}",
        "validations": [{"eq": "[$.row_count, «1»]"}],
    },
    "script": {"name": "«add up»", "type": "script", "script": "«total = 2 * 3»"},
    "wait": {"name": "«a second»", "type": "wait", "seconds": "«1»"},
    "poll": {
        "name": "«until it is shipped»",
        "type": "poll",
        "request": "{url: «/orders/7»}",
        "until": "«response.body.state == 'shipped'»",
        "interval": "«2»",
        "max_attempts": "«10»",
    },
    "loop": {
        "name": "«each product»",
        "type": "loop",
        "loop_type": "foreach",
        "loop_items": "[«book», «pen»]",
        "loop_variable": "«product»",
        "loop_steps": [{"name": "«look at it»", "url": "«/products/${product}»"}],
    },
    "concurrent": {
        "name": "«at the same time»",
        "type": "concurrent",
        "concurrent_steps": [
            {"name": "«the orders»", "url": "«/orders»"},
            {"name": "«the invoices»", "url": "«/invoices»"},
        ],
    },
    "case": {
        "name": "«sign in»",
        "type": "case",
        "file": "«login.yaml»",
        "returns": "[«token»]",
    },
}
CASE: Final = {
    "name": "«order and pay»",
    "steps": [
        {
            "name": "«list the orders»",
            "url": "«http://shop.example.com/orders»",
            "validations": [{"status_code": "«200»"}],
        }
    ],
}
MOCK_RULE: Final = {
    "request": "{method: «GET», url: «^/orders$»}",
    "response": "{status_code: «200», body: {«orders»: []}}",
}


def as_snippet(written: Any, places: Iterator[int] | None = None) -> Any:
    """As an editor inserts it, the cursor going from place to place, also through nested data.

    Text without a mark, of one line, is one place where it stands alone.
    """
    if places is None:
        places = count(1)
        if isinstance(written, str) and "«" not in written and "\n" not in written:
            written = f"«{written}»"
    if isinstance(written, Mapping):
        return {key: as_snippet(item, places) for key, item in written.items()}
    if isinstance(written, list):
        return [as_snippet(item, places) for item in written]
    return "".join(
        f"${{{next(places)}:{_escaped(piece, '[$}]')}}}" if number % 2 else _escaped(piece, "[$]")
        for number, piece in enumerate(re.split("[«»]", written))
    )


def _escaped(text: str, signs: str) -> str:
    return re.sub(rf"\\|{signs}", r"\\\g<0>", text)
