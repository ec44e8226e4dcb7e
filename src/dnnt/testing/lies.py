"""Ways to spoil what a certificate claims: its loss, its bound, its parameters."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

from dnnt.evaluation import evaluate
from dnnt.exact import normal, number, to_json
from dnnt.parameters import parameters
from dnnt.testing.certificates import Body
from dnnt.testing.spoiling import EPSILON, Made, Make, Spot, moved, part_of
from dnnt.testing.state_oracle import known_losses


def loss(by: Any) -> Make:
    """Move the loss."""

    def make(body: Body, spot: Spot) -> Made:
        if "upper" not in body:
            return None
        body["upper"]["loss"] = moved(body["upper"]["loss"], by)
        return body

    return make


def bound(by: Any) -> Make:
    """Move the bound."""

    def make(body: Body, spot: Spot) -> Made:
        if body.get("lower", {}).get("bound") is None:
            return None
        body["lower"]["bound"] = moved(body["lower"]["bound"], by)
        return body

    return make


def both(by: Any) -> Make:
    """Move the loss and the bound."""

    def make(body: Body, spot: Spot) -> Made:
        return loss(by)(body, spot) and bound(by)(body, spot)

    return make


def next_loss(body: Body, spot: Spot) -> Made:
    """Claim that the second least loss is the least."""
    losses = known_losses(spot.case.instance).losses
    if "lower" not in body or len(losses) < 2:
        return None
    body["lower"]["bound"] = to_json(losses[1])
    body["lower"]["strict"] = False
    body.pop("upper", None)
    return body


def least_strict(body: Body, spot: Spot) -> Made:
    """Claim that the least loss cannot be reached."""
    losses = known_losses(spot.case.instance).losses
    if "lower" not in body or not losses:
        return None
    body.pop("upper", None)
    body["lower"] |= {"bound": to_json(losses[0]), "strict": True}
    return body


def least_below(body: Body, spot: Spot) -> Made:
    """Claim as a bound what lies a little above the least loss, for the closest false claim."""
    losses = known_losses(spot.case.instance).losses
    if "lower" not in body or not losses:
        return None
    body.pop("upper", None)
    body["lower"] |= {
        "bound": to_json(normal(losses[0] + EPSILON)),
        "strict": spot.rng.random() < 0.5,
    }
    return body


def strict(body: Body, spot: Spot) -> Made:
    """Flip `strict`."""
    if body.get("lower", {}).get("bound") is None:
        return None
    body["lower"]["strict"] = not body["lower"]["strict"]
    return body


def generous(make: Make) -> Make:
    """The same lie, with declared sizes that leave room for it (reachable grounds only)."""

    def made(body: Body, spot: Spot) -> Made:
        sizes = part_of(body, "lower.grounds.sizes")
        if sizes is None:
            return None
        sizes.update({key: max(size, 10**5) for key, size in sizes.items()})
        return make(body, spot)

    return made


def after(first: Make, make: Make) -> Make:
    """Two ways, one after the other, with declared sizes that leave room for them."""

    def made(body: Body, spot: Spot) -> Made:
        changed = first(body, spot)
        return generous(make)(changed, spot) if isinstance(changed, dict) else None

    return made


def _entries(body: Body, spot: Spot) -> list[Body] | None:
    """The parameters as one entry an edge, put into the body."""
    if "upper" not in body or not body["upper"]["parameters"]:
        return None
    entries = [
        {"weights": list(entry["weights"]), "bias": entry["bias"]}
        for entry in body["upper"]["parameters"]
        for _ in range(entry.get("repeat", 1))
    ]
    body["upper"]["parameters"] = entries
    return entries


def _slots(entry: Body) -> list[Any]:
    return [*entry["weights"], entry["bias"]]


def _others(old: Any, space: Any, inside: bool) -> list[Any]:
    """Other values of the space, or two values outside it."""
    if inside:
        return [to_json(value) for value in space if value != number(old)]
    return [moved(space.high, Fraction(1, 7)), moved(space.high, 1)]


def parameter(inside: bool, honest: bool) -> Make:
    """Change a parameter, to another value of its space or not; `honest` states the loss that it then has."""

    def make(body: Body, spot: Spot) -> Made:
        entries = _entries(body, spot)
        if entries is None:
            return None
        edges = spot.case.instance.network.graph().edges
        choices = [
            (edge, slot, value)
            for edge, entry in enumerate(entries)
            for slot, (old, of) in enumerate(zip(_slots(entry), edges[edge].slots, strict=True))
            for value in _others(old, of, inside)
        ]
        if not choices:
            return None
        edge, slot, value = spot.rng.choice(choices)
        slots = _slots(entries[edge])
        slots[slot] = value
        entries[edge] |= {"weights": slots[:-1], "bias": slots[-1]}
        if honest:
            total = evaluate(spot.case.instance, parameters(entries)).total
            body["upper"]["loss"] = to_json(total)
        return body

    return make


def _changed(body: Body, spot: Spot, change: Callable[[list[Any]], object]) -> Made:
    entries = _entries(body, spot)
    if entries is None:
        return None
    change(entries)
    return body


def entries_shuffled(body: Body, spot: Spot) -> Made:
    """The entries of the parameters in another order."""
    return _changed(body, spot, spot.rng.shuffle)


def entry_removed(body: Body, spot: Spot) -> Made:
    """One entry of the parameters less."""
    return _changed(body, spot, lambda entries: entries.pop(spot.rng.randrange(len(entries))))


def entry_added(body: Body, spot: Spot) -> Made:
    """One entry of the parameters twice."""
    return _changed(body, spot, lambda entries: entries.append(spot.rng.choice(entries)))


def weight_added(body: Body, spot: Spot) -> Made:
    """One weight too many."""
    return _changed(body, spot, lambda entries: spot.rng.choice(entries)["weights"].append(0))


def weight_removed(body: Body, spot: Spot) -> Made:
    """One weight too few."""
    entries = [entry for entry in _entries(body, spot) or [] if entry["weights"]]
    if not entries:
        return None
    spot.rng.choice(entries)["weights"].pop()
    return body


def repeat(change: Any) -> Make:
    """Change how often an entry of the parameters counts."""

    def make(body: Body, spot: Spot) -> Made:
        if "upper" not in body or not body["upper"]["parameters"]:
            return None
        entry = spot.rng.choice(body["upper"]["parameters"])
        entry["repeat"] = change(entry.get("repeat", 1))
        return body

    return make


def no_parts(body: Body, spot: Spot) -> Made:
    """Claim nothing."""
    body.pop("upper", None)
    body.pop("lower", None)
    return body


def without(*paths: str) -> Make:
    """Remove one of the keys (the first that a shuffle finds)."""

    def make(body: Body, spot: Spot) -> Made:
        for path in spot.rng.sample(paths, len(paths)):
            part, _, key = path.rpartition(".")
            at = part_of(body, part)
            if isinstance(at, dict) and key in at:
                del at[key]
                return body
        return None

    return make


def keep_one(part: str) -> Make:
    """Drop this part and keep the other."""

    def make(body: Body, spot: Spot) -> Made:
        other = "lower" if part == "upper" else "upper"
        if part not in body or other not in body:
            return None
        del body[part]
        return body

    return make


def respelled(body: Body, spot: Spot) -> Made:
    """The loss, or the bound, in another way of writing a number: nothing changes."""
    part, key = spot.rng.choice((("upper", "loss"), ("lower", "bound")))
    at = part_of(body, part)
    if at is None or at[key] is None:
        return None
    value = Fraction(number(at[key]))
    ways = [
        f"{value.numerator * 6}/{value.denominator * 6}",
        f"{hex(value.numerator)}/{hex(value.denominator)}",
    ]
    if value.denominator == 1:
        ways += [
            f"{value.numerator}.00",
            f"00{value.numerator}" if value >= 0 else f"-0{-value.numerator}",
        ]
    at[key] = spot.rng.choice(ways)
    return body
