"""Reading losses, and the labels that go with them."""

from __future__ import annotations

from typing import Any

from dnnt_check.budget import Work
from dnnt_check.guarded import Guarded, read_guarded
from dnnt_check.losses import Loss, Vector
from dnnt_check.numbers import Number, multiply, shown
from dnnt_check.reading import Place, array, fault, integer, number, numbers, record

_PLAIN = ("squared", "absolute", "maximum", "zero_one", "misclassified", "positive")


def read_loss(value: Any, outputs: int, place: Place, work: Work, guarded: bool = True) -> Loss:
    """A loss from its JSON form, for so many outputs; without `guarded`, any but this kind."""
    if isinstance(value, str) and value in _PLAIN:
        if value == "misclassified" and outputs == 0:
            raise fault(place, "misclassified needs an output")
        # The largest of one distance is the sum of one distance, which more is known of.
        return Loss("absolute" if value == "maximum" and outputs == 1 else value)
    if not isinstance(value, dict):
        raise fault(place, "the name of a loss or an object is expected")
    kind = value.get("kind")
    if kind == "hinge":
        record(value, place, ("kind", "margin"))
        return Loss("hinge", number(value["margin"], (place, "margin"), work))
    if kind == "table":
        return _read_table(value, outputs, place, work)
    if kind in ("pairs", "printed_pairs"):
        return _read_pairs(value, str(kind), outputs, place, work)
    if kind != "guarded":
        raise fault(place, "unknown kind of loss")
    if not guarded:
        raise fault(place, "a guarded loss may not be inside another")

    def read_inside(inside: Any, count: int, here: Place) -> Loss:
        return read_loss(inside, count, here, work, guarded=False)

    return Loss("guarded", guarded=read_guarded(value, outputs, place, read_inside, work))


def _read_table(value: Any, outputs: int, place: Place, work: Work) -> Loss:
    record(value, place, ("kind", "values", "otherwise"))
    otherwise = _loss_value(value["otherwise"], (place, "otherwise"), work)
    table: dict[Vector, dict[Vector, Number]] = {}
    for i, item in enumerate(array(value["values"], (place, "values"))):
        here = ((place, "values"), i)
        record(item, here, ("f", "y", "loss"))
        f = numbers(item["f"], (here, "f"), work)
        y = numbers(item["y"], (here, "y"), work)
        if len(f) != outputs or len(y) != outputs:
            raise fault(here, f"f and y need a number for each of the {shown(outputs)} outputs")
        loss = _loss_value(item["loss"], (here, "loss"), work)
        if table.setdefault(y, {}).setdefault(f, loss) != loss:
            raise fault(here, "contradicts an earlier entry")
    return Loss("table", otherwise, table)


def _loss_value(value: Any, place: Place, work: Work) -> Number:
    result = number(value, place, work)
    if result < 0:
        raise fault(place, "a loss may not be negative")
    return result


def _read_pairs(value: Any, kind: str, outputs: int, place: Place, work: Work) -> Loss:
    record(value, place, ("kind", "size", "allowed"))
    size = integer(value["size"], (place, "size"), 0)
    lists = array(value["allowed"], (place, "allowed"))
    if len(lists) != outputs:
        raise fault((place, "allowed"), f"the length is {len(lists)}, not {shown(outputs)}: a list for each output")
    allowed: list[tuple[int, ...]] = []
    short = size < 1 << 60
    for t, items in enumerate(lists):
        here: Place = ((place, "allowed"), t)
        found: list[int] = []
        pairs = array(items, here)
        work.spend(len(pairs) * 2e-6)
        for i, item in enumerate(pairs):
            if short and type(item) is list and len(item) == 2:
                left, right = item
                if type(left) is type(right) is int and 1 <= left <= size and 1 <= right <= size:
                    found.append(2 * size * right + left)
                    continue
            pair = array(item, (here, i))
            if len(pair) != 2:
                raise fault((here, i), "a pair [l, m] is expected")
            left, right = (integer(entry, ((here, i), k), 1) for k, entry in enumerate(pair))
            if left > size or right > size:
                raise fault((here, i), f"l and m are integers from 1 to {shown(size)}")
            number_ = multiply(multiply(2, size, work), right, work) + left
            assert isinstance(number_, int)
            found.append(number_)
        allowed.append(tuple(sorted(found)))
    return Loss(kind, allowed=tuple(allowed))


def check_labels(loss: Loss, labels: Vector, place: Place) -> None:
    """Refuse labels that the loss does not allow."""
    guarded: Guarded | None = loss.guarded
    if guarded is not None:
        case = guarded.case_of(labels)
        if case is not None and case.weight:
            check_labels(guarded.loss, tuple([labels[output] for output in guarded.outputs]), place)
        return
    if loss.kind != "misclassified":
        return
    if len(labels) == 1:
        if labels[0] not in (-1, 1):
            raise fault(place, "misclassified needs a label of -1 or 1")
    elif labels.count(1) != 1 or labels.count(0) != len(labels) - 1:
        raise fault(place, "misclassified needs a one-hot label: a single 1, else 0")
