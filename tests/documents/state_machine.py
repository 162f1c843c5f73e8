"""The life of an execution as a drawing: made from `orchestrator.status.MOVES`, one SVG a language."""

from html import escape

from orchestrator.status import MOVES, OPEN, ExecutionStatus

WIDTH, HEIGHT = 860, 400
_BOX = (112, 44)
_FRAME = (14, 118, 672, 196)
#: where the middle of each status is.
_AT = {0: (80, 158), 1: (250, 158), 2: (430, 158), 3: (610, 158), 4: (790, 96), 5: (790, 220)}
_AT |= {7: (250, 340), 6: (430, 340), 8: (610, 340)}
#: how far the line between two leaves the straight one, to the left of its direction, upwards.
_BENDS = {(0, 2): 62, (1, 3): 62, (0, 3): 118, (2, 4): 88, (2, 5): -62}
#: of a text to the left of its line, and to the right.
_ANCHOR = ("end", "start")
_TITLES = {"en": "The life of an execution", "zh": "执行的状态变化"}


def pairs():
    """`(before, after)` → the events that lead there; before is None for every open status."""
    found = {}
    for event, move in MOVES.items():
        from_all = move.before == OPEN
        for before in [None] if from_all else sorted(map(int, move.before)):
            for after in sorted(map(int, move.after)):
                found.setdefault((before, after), []).append(event.value)
    return found


def drawing(language):
    parts = [_frame(), *map(_line, pairs().items()), *map(_status, ExecutionStatus)]
    return (
        f'<svg class="drawing" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-label="{_TITLES[language]}" xmlns="http://www.w3.org/2000/svg">'
        '<defs><marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" '
        'markerHeight="7" orient="auto"><path d="M0 0 8 4 0 8z"/></marker></defs>'
        f"{''.join(parts)}</svg>"
    )


def _frame():
    left, top, right, bottom = _FRAME
    return (
        f'<rect class="frame" x="{left}" y="{top}" width="{right - left}" '
        f'height="{bottom - top}" rx="10"/>'
    )


def _status(status):
    (x, y), (width, height) = _AT[int(status)], _BOX
    kind = "open" if status in OPEN else "over"
    name = escape(status.name)
    size = ' class="long"' if len(name) > 10 else ""
    return (
        f'<g class="{kind}"><rect x="{x - width // 2}" y="{y - height // 2}" width="{width}" '
        f'height="{height}" rx="6"/><text x="{x}" y="{y - 4}"{size}>{name}</text>'
        f'<text x="{x}" y="{y + 14}">{int(status)}</text></g>'
    )


def _line(item):
    (before, after), events = item
    said = ", ".join(events)
    x, y = _AT[after]
    half, tall = _BOX[0] // 2, _BOX[1] // 2
    if before is None:  # from the frame straight down
        side = -28 if after == ExecutionStatus.CANCELED else 28
        at = x + side + (6 if side > 0 else -6), (_FRAME[3] + y - tall) // 2 + 4
        return _path(f"M{x + side} {_FRAME[3]}V{y - tall}", at, said, _ANCHOR[side > 0])
    from_x, from_y = _AT[before]
    if bend := _BENDS.get((before, after)):
        up = 1 if bend > 0 else -1
        x1, y1, x2, y2 = from_x + 20, from_y - up * tall, x - 20, y - up * tall
        at = (x1 + x2) // 2, (y1 + y2) // 2 - bend + bend // 4 - (6 if up > 0 else -14)
        curve = f"C{x1 + 30} {y1 - bend} {x2 - 30} {y2 - bend} {x2} {y2}"
        return _path(f"M{x1} {y1}{curve}", at, said)
    if from_y == y:
        return _path(f"M{from_x + half} {y}H{x - half}", ((from_x + x) // 2, y - 7), said)
    if from_x == x:
        at = x - 34, y - tall - 30
        return _path(f"M{x - 28} {from_y + tall}V{y - tall}", at, said, _ANCHOR[False])
    if y > from_y + _BOX[1] * 2:
        at = (from_x + x) // 2 - 26, (from_y + y) // 2 + 10
        return _path(
            f"M{from_x + 28} {from_y + tall}L{x - half} {y - tall + 8}", at, said, _ANCHOR[False]
        )
    is_down = y > from_y
    at = (from_x + x) // 2 + (14 if is_down else -16), (from_y + y) // 2 - (0 if is_down else 8)
    return _path(f"M{from_x + half} {from_y}L{x - half} {y}", at, said, _ANCHOR[is_down])


def _path(path, at, said, anchor="middle"):
    x, y = at
    label = f'<text class="event {anchor}" x="{x}" y="{y}">{said}</text>'
    return f'<path d="{path}" marker-end="url(#head)"/>{label}'
