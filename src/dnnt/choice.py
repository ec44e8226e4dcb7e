"""Which method: an ordered table of rules, each with its reason."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from dnnt.errors import MethodUnsuitable
from dnnt.instance import Instance
from dnnt.methods import NAMES, method
from dnnt.methods.base import Cost, Method
from dnnt.methods.restricted import SHORT
from dnnt.running import MIB


@dataclass(frozen=True, slots=True)
class Prospect:
    """What a method says of an instance: why it refuses it, or what it would cost."""

    name: str
    refusal: str | None
    cost: Cost | None


@dataclass(frozen=True, slots=True)
class Choice:
    """The chosen method and the reason."""

    method: Method
    reason: str


@dataclass(frozen=True, slots=True)
class Rule:
    """A row of the table: it picks `name` if `applies` to the prospects by name; `reason` may use their figures."""

    name: str
    applies: Callable[[dict[str, Cost], int], bool]
    reason: str


def _fits(costs: dict[str, Cost], name: str, room: int) -> bool:
    return name in costs and costs[name].mebibytes * MIB <= room


HOPELESS = 1e6
"""Seconds past which trying every choice is no plan."""

RULES = (
    Rule(
        "restricted",
        lambda costs, room: "restricted" in costs and costs["restricted"].basis != SHORT,
        "one option for every parameter, and numbers too long to write, so that signs are proved ({basis})",
    ),
    Rule(
        "brute-force",
        lambda costs, room: "brute-force" in costs and costs["brute-force"].seconds <= 0.002,
        "so few choices that trying all is quickest ({basis})",
    ),
    Rule(
        "reachable",
        lambda costs, room: (
            _fits(costs, "reachable", room)
            and ("brute-force" not in costs or costs["reachable"].seconds <= costs["brute-force"].seconds)
        ),
        "two layers of free units: the reachable states are fewer than the choices ({basis})",
    ),
    Rule(
        "brute-force",
        lambda costs, room: _fits(costs, "brute-force", room) and costs["brute-force"].seconds <= HOPELESS,
        "no other method is predicted cheaper, or to fit into memory ({basis})",
    ),
    Rule(
        "reachable",
        lambda costs, room: "reachable" in costs,
        "the only method with a prospect: sets often stay below their predicted size ({basis})",
    ),
    Rule(
        "brute-force", lambda costs, room: "brute-force" in costs, "the only method that takes the instance ({basis})"
    ),
)


def prospects(instance: Instance, names: Iterable[str] = NAMES) -> tuple[Prospect, ...]:
    """What each of the methods says of the instance. No space may be empty."""
    return tuple(Prospect(name, *_assessed(name, instance)) for name in names)


def _assessed(name: str, instance: Instance) -> tuple[str | None, Cost | None]:
    said = method(name).assess(instance)
    return (said, None) if isinstance(said, str) else (None, said)


def choose(instance: Instance, wanted: str, room: int) -> Choice:
    """The method asked for, or the first rule's that applies; `room` is the memory left in bytes.

    Raises `MethodUnsuitable` where the method asked for, or every method, refuses the instance.
    """
    if wanted == "auto":
        return best(prospects(instance, dict.fromkeys(rule.name for rule in RULES)), room)
    if wanted not in NAMES:
        raise MethodUnsuitable(f"there is no method {wanted}; there are {', '.join(NAMES)}")
    refusal, _ = _assessed(wanted, instance)
    if refusal is not None:
        # Where `restricted` takes it there is one choice, and no other method knows what to do with long numbers.
        takers = sorted((p.name for p in prospects(instance) if p.refusal is None), key=lambda n: n != "restricted")
        remedy = f"take --method {takers[0]}" if takers else "no method takes it"
        raise MethodUnsuitable(f"method {wanted} does not take this instance: {refusal}; {remedy}")
    return Choice(method(wanted), "asked for by name")


def best(said: Iterable[Prospect], room: int) -> Choice:
    """The method of the first rule that applies to what the methods say. Raises `MethodUnsuitable` where none does."""
    wanted = [p for p in said if any(rule.name == p.name for rule in RULES)]
    costs = {p.name: p.cost for p in wanted if p.cost is not None}
    for rule in RULES:
        if rule.applies(costs, room):
            return Choice(method(rule.name), rule.reason.format(basis=costs[rule.name].basis))
    reasons = "; ".join(f"{p.name}: {p.refusal}" for p in wanted)
    raise MethodUnsuitable(f"no method takes this instance ({reasons})")
