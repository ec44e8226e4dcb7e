"""Ways to spoil the boxes of states of a certificate: its windows, cuts and splits, and the form of the tree."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

from dnnt.exact import normal, number, to_json
from dnnt.testing.certificates import Body, coordinates, direction
from dnnt.testing.spoiling import Made, Make, Spot, moved, part_of


def _boxes(body: Body) -> list[Any] | None:
    """The tree, or None."""
    found = part_of(body, "lower.grounds")
    return found["boxes"] if isinstance(found, dict) and found.get("last") == "boxes" else None


def _places(boxes: list[Any], key: str) -> list[int]:
    """Where the leaves with this key are; "" stands for splits."""
    return [
        i for i, each in enumerate(boxes) if (isinstance(each, dict) and key in each if key else type(each) is list)
    ]


def _at(key: str, change: Callable[[list[Any], int, Spot], None]) -> Make:
    """Change a leaf with this key, or a split; all of them are as likely."""

    def make(body: Body, spot: Spot) -> Made:
        boxes = _boxes(body)
        places = _places(boxes, key) if boxes else []
        if boxes is None or not places:
            return None
        change(boxes, spot.rng.choice(places), spot)
        return body

    return make


def _emptied(boxes: list[Any], place: int, spot: Spot) -> None:
    boxes[place] = {}


def _narrowed(boxes: list[Any], place: int, spot: Spot) -> None:
    chosen = boxes[place]["window"]
    boxes[place] = {"window": [spot.rng.choice(chosen)]}


def _tilted(boxes: list[Any], place: int, spot: Spot) -> None:
    cut = boxes[place]["cut"]
    cut[spot.rng.randrange(len(cut))] += spot.rng.choice((-1, 1, 1000))
    if not any(cut):
        cut[0] = 1


def _scaled(boxes: list[Any], place: int, spot: Spot) -> None:
    factor = spot.rng.choice((0, Fraction(1, 2), 2, Fraction(99, 100), 10**40))
    boxes[place]["times"] = to_json(normal(Fraction(number(boxes[place]["times"])) * factor))


def _shifted(boxes: list[Any], place: int, spot: Spot) -> None:
    boxes[place][1] = moved(boxes[place][1], spot.rng.choice((-1, 1, Fraction(1, 3), -100, 10**6)))


def _renamed(boxes: list[Any], place: int, spot: Spot) -> None:
    boxes[place][0] = spot.rng.randrange(coordinates(spot.case.instance))


window_emptied = _at("window", _emptied)
window_narrowed = _at("window", _narrowed)
cut_changed = _at("cut", _tilted)
times_changed = _at("cut", _scaled)
split_moved = _at("", _shifted)
split_renamed = _at("", _renamed)


def made_up(body: Body, spot: Spot) -> Made:
    """Another tree: one leaf, or a few random ones."""
    if _boxes(body) is None:
        return None
    width = coordinates(spot.case.instance)

    def leaf() -> Any:
        cut = {"cut": direction(width, spot.rng), "times": spot.rng.choice((0, 1, "1/7", 10**30))}
        return spot.rng.choice(({}, cut, {"window": list(range(width))}, {"window": [spot.rng.randrange(width)]}))

    splits = [[spot.rng.randrange(width), spot.rng.randint(-50, 5000)] for _ in range(spot.rng.choice((0, 0, 1, 3)))]
    body["lower"]["grounds"]["boxes"] = [*splits, *(leaf() for _ in range(len(splits) + 1))]
    return body


def dropped(body: Body, spot: Spot) -> Made:
    """One entry less, where more than one is there."""
    boxes = _boxes(body)
    if boxes is None or len(boxes) < 2:
        return None
    del boxes[spot.rng.randrange(len(boxes))]
    return body


def added(body: Body, spot: Spot) -> Made:
    """One leaf more than there are boxes."""
    boxes = _boxes(body)
    if boxes is None:
        return None
    boxes.append({})
    return body


def malformed(*values: Any) -> Make:
    """One of these in place of an entry of the tree."""

    def make(body: Body, spot: Spot) -> Made:
        boxes = _boxes(body)
        if boxes is None:
            return None
        boxes[spot.rng.randrange(len(boxes))] = spot.rng.choice(values)
        return body

    return make


def misplaced(body: Body, spot: Spot) -> Made:
    """Boxes without their ending, the ending without boxes, or a key beside them."""
    found = part_of(body, "lower.grounds")
    if not isinstance(found, dict) or found.get("last") != "boxes":
        return None
    good = [1] * coordinates(spot.case.instance)
    changes: tuple[Body, ...] = (
        {"last": "points"},
        {"last": "targets"},
        {"cuts": [good]},
        {"residues": [[good, 2]]},
        {"window": True},
        {"slack": 1},
        {"cases": [{"cut": good, "kinds": []}]},
        {"boxes": []},
        {"boxes": {}},
        {"boxes": None},
    )
    found.update(spot.rng.choice(changes))
    return body
