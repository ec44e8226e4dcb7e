"""Ways to spoil the rest of a certificate: its grounds, the instance that it names, its form."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import Any

from dnnt.exact import normal, number, to_json
from dnnt.formats import instance_file
from dnnt.instance import Instance
from dnnt.testing.certificates import Body, Spoiled, coordinates, direction
from dnnt.testing.spoiling import Made, Make, Spot, moved, part_of

PLAIN = {"kind", "left", "last", "sizes"}
"""The keys that all grounds `reachable` have."""


def put(part: str, key: str, *values: Any) -> Make:
    """Put one of the values at a key of a part of the certificate ("" is the whole)."""

    def make(body: Body, spot: Spot) -> Made:
        at = part_of(body, part)
        value = spot.rng.choice(values)
        if at is None or (key in at and at[key] == value and type(at[key]) is type(value)):
            return None
        at[key] = value
        return body

    return make


def added(body: Body, spot: Spot) -> Made:
    """Add an unknown key somewhere."""
    parts = [part_of(body, name) for name in ("", "upper", "lower", "lower.grounds", "lower.grounds.sizes")]
    at = spot.rng.choice([part for part in parts if isinstance(part, dict)])
    at[spot.rng.choice(("comment", "Loss", "Bound", ""))] = 0
    return body


def twice(body: Body, spot: Spot) -> Made:
    """A key twice in the text; what is said first is false."""
    raw = json.dumps(body)
    choices = [
        (f'"{key}": ', f'"{key}": {lie}, "{key}": ')
        for key, lie in (
            ("sha256", '"0"'),
            ("loss", "0"),
            ("bound", "0"),
            ("strict", "true"),
            ("kind", '"empty"'),
            ("version", "1"),
        )
    ]
    there = [pair for pair in choices if pair[0] in raw]
    return raw.replace(*spot.rng.choice(there), 1).encode()


def sha256(body: Body, spot: Spot) -> Made:
    """Change a digit of the digest."""
    digit = spot.rng.randrange(64)
    old = body["sha256"]
    new = spot.rng.choice([c for c in "0123456789abcdef" if c != old[digit]])
    body["sha256"] = old[:digit] + new + old[digit + 1 :]
    return body


def presented(change: Callable[[Spot], Instance], honest: bool) -> Make:
    """Present the certificate with another instance; `honest` names that instance's digest."""

    def make(body: Body, spot: Spot) -> Made:
        instance = change(spot)
        if honest:
            body["sha256"] = hashlib.sha256(instance_file.to_bytes(instance)).hexdigest()
        return Spoiled(instance, json.dumps(body).encode())

    return make


def reweighted(spot: Spot) -> Instance:
    """The instance with the weight of one sample raised by 1."""
    instance, samples = spot.case.instance, list(spot.case.instance.samples)
    if samples:
        index = spot.rng.randrange(len(samples))
        samples[index] = replace(samples[index], weight=samples[index].weight + 1)
    return replace(instance, samples=tuple(samples))


def respaced(spot: Spot) -> Instance:
    """The instance file with a space at its end."""
    raw = instance_file.to_bytes(spot.case.instance) + b" "
    return instance_file.parse(raw)


def grounds(*kinds: str) -> Make:
    """Name one of these grounds in place of the right ones."""

    def make(body: Body, spot: Spot) -> Made:
        if "lower" not in body:
            return None
        others = [kind for kind in kinds if kind != body["lower"]["grounds"]["kind"]]
        if not others:
            return None
        grounds: Body = {"kind": spot.rng.choice(others)}
        if grounds["kind"] == "reachable":
            sizes = dict.fromkeys(("pre", "unit", "left", "right", "last"), 10**5)
            grounds |= {"left": [], "last": spot.rng.choice(("points", "targets")), "sizes": sizes}
        body["lower"]["grounds"] = grounds
        return body

    return make


def infeasible(body: Body, spot: Spot) -> Made:
    """Claim that there are no parameters at all."""
    body.pop("upper", None)
    body["lower"] = {"bound": None, "strict": False, "grounds": {"kind": "empty"}}
    return body


def sizes(change: Callable[[int], Any]) -> Make:
    """Change one of the declared sizes."""

    def make(body: Body, spot: Spot) -> Made:
        sizes = part_of(body, "lower.grounds.sizes")
        if sizes is None:
            return None
        key = spot.rng.choice(sorted(sizes))
        sizes[key] = change(sizes[key])
        return body

    return make


def left(body: Body, spot: Spot) -> Made:
    """Another half: random positions, or none, or positions that are none."""
    if part_of(body, "lower.grounds.left") is None:
        return None
    count = spot.case.instance.network.graph().unit_count
    half = [[v, 1] for v in range(count) if spot.rng.random() < 0.5]
    body["lower"]["grounds"]["left"] = spot.rng.choice((half, [], [[0, count]], [[0, count + 5]], [[count, 10**30]]))
    return body


def _targets(body: Body) -> Body | None:
    """The grounds `reachable` that end with targets, or None."""
    found = part_of(body, "lower.grounds")
    return found if isinstance(found, dict) and found.get("last") == "targets" else None


def rest(body: Body, spot: Spot) -> Made:
    """Some slots of the rest in the left half, with `last` as it is or ranges; there may be fewer slots."""
    found = part_of(body, "lower.grounds")
    if not isinstance(found, dict) or found.get("kind") != "reachable" or found.keys() - PLAIN:
        return None
    if spot.rng.random() < 0.8:
        found["rest"] = spot.rng.randint(1, 4)
    if spot.rng.random() < 0.5:
        found["last"] = "ranges"
    found["sizes"].update(dict.fromkeys(("left", "right", "last"), 10**5))
    return body


def bad_rest(*values: Any) -> Make:
    """What is no number of slots, or beside keys that do not go with it."""

    def make(body: Body, spot: Spot) -> Made:
        found = part_of(body, "lower.grounds")
        if not isinstance(found, dict) or found.get("kind") != "reachable":
            return None
        found["rest"] = 1 if found.keys() - PLAIN else spot.rng.choice(values)
        return body

    return make


def cuts(body: Body, spot: Spot) -> Made:
    """Other cuts: whatever they are, they hold."""
    found, width = _targets(body), coordinates(spot.case.instance)
    if found is None or not width:
        return None
    found["cuts"] = [direction(width, spot.rng) for _ in range(spot.rng.randint(1, 3))]
    return body


def residues(body: Body, spot: Spot) -> Made:
    """Residues that may or may not be the only ones."""
    found, width = _targets(body), coordinates(spot.case.instance)
    if found is None or not width:
        return None
    factor = spot.rng.choice((1, 1, 2, 6))
    found["residues"] = [[[factor * entry for entry in direction(width, spot.rng)], spot.rng.choice((2, 3))]]
    return body


def window(body: Body, spot: Spot) -> Made:
    """A window, of a half that may or may not consist of equal units."""
    found = _targets(body)
    if found is None:
        return None
    found["window"] = True
    if spot.rng.random() < 0.5:
        found["left"] = [[spot.rng.randrange(spot.case.instance.network.graph().unit_count), 1]]
    return body


def key(name: str, *values: Any) -> Make:
    """One of these values at an optional key of grounds that end with targets; "?" is a list of the right length."""

    def make(body: Body, spot: Spot) -> Made:
        found = _targets(body)
        if found is None:
            return None
        good = [1] * coordinates(spot.case.instance)
        found[name] = _filled(spot.rng.choice(values), good)
        return body

    return make


def _filled(value: Any, good: list[int]) -> Any:
    if value == "?":
        return good
    return [_filled(each, good) for each in value] if isinstance(value, list) else value


def cuts_on_points(body: Body, spot: Spot) -> Made:
    """One of the keys that go with targets, where the proof ends otherwise."""
    found = part_of(body, "lower.grounds")
    if not isinstance(found, dict) or found.get("last") != "points" or "slack" in found:
        return None
    good = [1] * coordinates(spot.case.instance)
    name, value = spot.rng.choice((("cuts", [good]), ("residues", [[good, 2]]), ("window", True)))
    found[name] = value
    return body


def _points(body: Body) -> Body | None:
    """The grounds `reachable` that end with points near a face, or None."""
    found = part_of(body, "lower.grounds")
    return found if isinstance(found, dict) and "slack" in found else None


def slack(change: Callable[[Fraction], Fraction | int]) -> Make:
    """Another slack: states of more are said to cost too much."""

    def make(body: Body, spot: Spot) -> Made:
        found = _points(body)
        if found is None:
            return None
        found["slack"] = to_json(normal(change(Fraction(number(found["slack"])))))
        return body

    return make


def slack_cut(body: Body, spot: Spot) -> Made:
    """Another cut beside the slack."""
    found = _points(body)
    if found is None:
        return None
    found["cuts"] = [direction(coordinates(spot.case.instance), spot.rng)]
    return body


def bad_slack(*values: Any) -> Make:
    """What is no slack."""

    def make(body: Body, spot: Spot) -> Made:
        found = _points(body)
        if found is None:
            return None
        found["slack"] = spot.rng.choice(values)
        return body

    return make


def slack_misplaced(body: Body, spot: Spot) -> Made:
    """A slack without one cut, or beside keys that do not go with it."""
    found, width = part_of(body, "lower.grounds"), coordinates(spot.case.instance)
    if not isinstance(found, dict) or found.get("kind") != "reachable" or not width:
        return None
    good = [1] * width
    changes: tuple[Body, ...] = (
        {"last": "targets", "slack": 1, "cuts": [good]},
        {"last": "points", "slack": 1, "cuts": [good, good]},
        {"last": "points", "slack": 1, "cuts": [good], "residues": [[good, 2]]},
        {"last": "points", "slack": 1, "cuts": [good], "window": True},
        {"last": "points", "slack": 1, "cuts": []},
    )
    found.update(spot.rng.choice(changes))
    return body


def last(body: Body, spot: Spot) -> Made:
    """Flip `last`, perhaps with a size that fits."""
    grounds = part_of(body, "lower.grounds")
    if grounds is None or "last" not in grounds:
        return None
    grounds["last"] = "targets" if grounds["last"] == "points" else "points"
    grounds.pop("boxes", None)
    if spot.rng.random() < 0.5:
        grounds["sizes"]["last"] = 10**5
    return body


def value_fixed(body: Body, spot: Spot) -> Made:
    """Fix one more value that its space allows: the claim is then about another instance."""
    edges = spot.case.instance.network.graph().edges
    taken = [tuple(entry[:2]) for entry in body.get("fixed", [])]
    free = [(e, s) for e, edge in enumerate(edges) for s in range(len(edge.slots)) if (e, s) not in taken]
    if not free or spot.case.instance.has_empty_space:
        return None
    edge, slot = spot.rng.choice(free)
    space: Any = edges[edge].slots[slot]
    body.setdefault("fixed", []).append([edge, slot, to_json(spot.rng.choice(list(space)))])
    return body


def bad_fixed(body: Body, spot: Spot) -> Made:
    """Fix what is not there, or a value outside its space."""
    edges = spot.case.instance.network.graph().edges
    if not edges:
        return None
    edge = spot.rng.randrange(len(edges))
    space: Any = edges[edge].bias
    high = space.high if space.size else 0
    slot = len(edges[edge].weights)
    wrong = (
        [edge, slot, moved(high, 1)],
        [len(edges), 0, 0],
        [edge, slot + 1, 0],
        [-1, 0, 0],
        [edge, slot],
        [edge, True, 0],
    )
    body["fixed"] = [spot.rng.choice(wrong)]
    return body


def cut(body: Body, spot: Spot) -> Made:
    """Cut the file off."""
    raw = json.dumps(body).encode()
    return raw[: spot.rng.randrange(len(raw) - 1)]


def cut_gzip(body: Body, spot: Spot) -> Made:
    """Cut the compressed file off."""
    raw = gzip.compress(json.dumps(body).encode())
    return raw[: spot.rng.randrange(2, len(raw) - 1)]


def files(*raws: bytes) -> Make:
    """One of these files in place of the certificate."""
    return lambda body, spot: spot.rng.choice(raws)
