"""Which method: an ordered table of rules, each with its reason."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NoReturn

from dnnt.analysis.plan import Plan
from dnnt.errors import MethodUnsuitable, TooLarge
from dnnt.instance import Instance
from dnnt.methods import NAMES, method
from dnnt.methods.base import Cost, Method
from dnnt.methods.restricted import SHORT
from dnnt.running import MIB, Run, Stop, ticking
from dnnt.simplify.building import form_of
from dnnt.simplify.parts import Parts, parts_of

WHOLE = ("brute-force", "paper-dp")
"""Methods that see the instance as it is, also where it falls into parts."""


@dataclass(frozen=True, slots=True)
class Prospect:
    """What a method says of an instance: why it refuses it, or what it would cost."""

    name: str
    refusal: str | None
    cost: Cost | None


@dataclass(frozen=True, slots=True)
class Choice:
    """The chosen method, the reason, and the methods that may work beside it, in this order."""

    method: Method
    reason: str
    others: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rule:
    """A row of the table: it picks `name` if `applies` to the prospects by name; `reason` may use their figures.

    `others` may work beside it in a second process, one after the other. Instances that are not `meant` are not asked
    about.
    """

    name: str
    applies: Callable[[Mapping[str, Cost], int], bool]
    reason: str
    others: tuple[str, ...] = ()
    meant: Callable[[Instance], bool] = lambda instance: True


def _fits(costs: Mapping[str, Cost], name: str, room: int) -> bool:
    return name in costs and costs[name].mebibytes * MIB <= room


HOPELESS = 1e6
"""Seconds past which trying every choice is no plan."""

ABSURD = 1e12
"""Seconds that no set stays so far below its predicted size as to mend."""

AT_ONCE = 0.1
"""Seconds below which no other method is asked."""

PATIENCE = 60.0
"""Seconds that a search may be predicted to take before clauses are preferred (only their making is predicted)."""

MANY_SAMPLES = 100
"""Samples from which on predictions of other methods take longer than few clauses."""

LONGEST_BOXES = 600.0
"""Seconds that boxes may be predicted to take: predictions start from a poor loss, and are too long rather than not."""

FEW_WEIGHTS = 64
"""Weights up to which branching over one neuron is predicted soon, whatever the number of samples."""

FEW_CLAUSES = 1.0
"""Seconds to make clauses below which they are tried first."""

VERY_FEW_CLAUSES = 0.2
"""Seconds to make clauses below which they mostly end at once."""

LOOPS = 128 * MIB
"""Memory that compiled loops take before they do anything."""

SOON = 0.5
"""Seconds below which boxes are not asked: their loops must be loaded for a prediction."""

COMPLETE = ("boxes", "branch", "brute-force", "columns", "reachable")
"""Methods whose searches can be predicted, on more than one kind of instance."""


def _quickest(name: str, limit: float = PATIENCE) -> Callable[[Mapping[str, Cost], int], bool]:
    """Whether this method fits into memory and the limit, and none of the others that fit is predicted quicker."""

    def applies(costs: Mapping[str, Cost], room: int) -> bool:
        if not _fits(costs, name, room) or costs[name].seconds > limit:
            return False
        # Of one neuron, columns are all that it computes: branching sees the same, and cuts off.
        skipped = {"columns"} if "branch" in costs else set()
        if costs[name].seconds <= SOON:
            skipped.add("boxes")
        others = [other for other in COMPLETE if other not in skipped]
        return all(costs[name].seconds <= costs[other].seconds for other in others if _fits(costs, other, room))

    return applies


def _boxes(costs: Mapping[str, Cost], room: int) -> bool:
    """Whether boxes of parameters are predicted to end, and nothing else is sure to end sooner."""
    if "branch" in costs:
        return False
    sure = {}
    for name in COMPLETE:
        if name != "boxes" and _fits(costs, name, room):
            cost = costs[name]
            sure[name] = cost.seconds if cost.most is None else cost.most[0]
            if sure[name] <= SOON:
                return False
    if not _fits(costs, "boxes", room) or costs["boxes"].seconds > LONGEST_BOXES:
        return False
    return all(costs["boxes"].seconds <= seconds for seconds in sure.values())


def _is_small_neuron(instance: Instance) -> bool:
    """Whether the normal form is one neuron with few weights."""
    if instance.is_continuous:
        return False
    try:
        form = form_of(instance)
    except (MethodUnsuitable, TooLarge):
        return False
    return len(form.units) == 1 and len(form.variables) <= FEW_WEIGHTS


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
        "subset-sum",
        lambda costs, room: (
            _fits(costs, "subset-sum", room)
            and costs["subset-sum"].seconds <= HOPELESS
            and not costs["subset-sum"].unwieldy
        ),
        "one distinct input and one output: which weights to take is a subset sum ({basis})",
    ),
    Rule(
        "sat",
        lambda costs, room: _fits(costs, "sat", room) and costs["sat"].seconds <= FEW_CLAUSES,
        "many samples, and a few clauses for all of them ({basis})",
        ("search", "branch", "columns"),
        lambda instance: len(instance.samples) >= MANY_SAMPLES and not _is_small_neuron(instance),
    ),
    Rule(
        "reachable",
        lambda costs, room: (
            _fits(costs, "reachable", room)
            and costs["reachable"].seconds <= AT_ONCE
            and ("brute-force" not in costs or costs["reachable"].seconds <= costs["brute-force"].seconds)
        ),
        "two layers of free units: sets of states are predicted no slower than every choice ({basis})",
        ("search", "boxes", "branch", "columns", "sat"),
    ),
    Rule(
        "branch",
        _quickest("branch"),
        "one neuron: choices whose partial sums have lost too much already are cut off ({basis})",
        ("search", "sat"),
    ),
    Rule(
        "boxes",
        _boxes,
        "few samples and parameters: boxes of parameters are split until intervals decide ({basis})",
        ("search", "sat", "columns", "reachable"),
    ),
    Rule(
        "columns",
        lambda costs, room: "branch" not in costs and _quickest("columns")(costs, room),
        "few different columns of values of the units: layers are chosen by what they separate ({basis})",
        ("search", "sat"),
    ),
    Rule(
        "sat",
        lambda costs, room: (
            _fits(costs, "sat", room)
            and costs["sat"].seconds <= VERY_FEW_CLAUSES
            and all(costs[name].seconds > FEW_CLAUSES for name in COMPLETE if _fits(costs, name, room))
        ),
        "very few clauses, and no search is predicted to end within a second ({basis})",
        ("reachable", "search", "columns"),
    ),
    Rule(
        "reachable",
        _quickest("reachable"),
        "two layers of free units: sets of states are predicted quicker than other searches ({basis})",
        ("search", "boxes", "branch", "columns", "sat"),
    ),
    Rule(
        "brute-force",
        _quickest("brute-force", FEW_CLAUSES),
        "no other method is predicted cheaper, or to fit into memory ({basis})",
        ("search", "sat", "columns"),
    ),
    Rule(
        "sat",
        lambda costs, room: _fits(costs, "sat", room) and costs["sat"].seconds <= FEW_CLAUSES,
        "no search is predicted to end soon, and the instance is a few clauses ({basis})",
        ("search", "branch", "columns"),
    ),
    Rule(
        "branch",
        lambda costs, room: _fits(costs, "branch", room),
        "one neuron: choices whose partial sums have lost too much already are cut off; its end cannot be predicted "
        "({basis})",
        ("search", "sat"),
    ),
    Rule(
        "sat",
        lambda costs, room: _fits(costs, "sat", room),
        "values in modest ranges, and no search is predicted to end soon: clauses, with a refutation that is checked "
        "({basis})",
        ("search", "boxes", "branch", "columns"),
    ),
    *(
        Rule(
            name,
            _quickest(name, HOPELESS),
            "long, but no other method is predicted cheaper, or to fit into memory ({basis})",
            ("search", *(other for other in COMPLETE if other != name)),
        )
        for name in COMPLETE
    ),
    Rule(
        "subset-sum",
        lambda costs, room: "subset-sum" in costs and costs["subset-sum"].seconds <= HOPELESS,
        "one distinct input and one output, and an algorithm for subset sums may do with the memory ({basis})",
    ),
    Rule(
        "reachable",
        lambda costs, room: "reachable" in costs and costs["reachable"].seconds <= ABSURD,
        "the only method with a prospect: sets often stay below their predicted size ({basis})",
        ("search", "boxes", "branch", "columns"),
    ),
    Rule(
        "search",
        lambda costs, room: _fits(costs, "search", room) and "brute-force" in costs,
        "no search with a proof is predicted to end, or to fit into memory ({basis})",
        ("columns", "branch"),
    ),
    Rule(
        "reachable",
        lambda costs, room: "reachable" in costs,
        "the only method with a prospect: sets often stay below their predicted size ({basis})",
        ("search", "branch", "columns"),
    ),
    Rule(
        "brute-force",
        lambda costs, room: "brute-force" in costs,
        "the only method that takes the instance ({basis})",
        ("search",),
    ),
)


def prospects(instance: Instance, names: Iterable[str] = NAMES) -> tuple[Prospect, ...]:
    """What each of the methods says of the instance. No space may be empty."""
    return tuple(Prospect(name, *_assessed(name, instance)) for name in names)


def _proving() -> tuple[str, ...]:
    """The methods that are worth a recommendation to somebody who wants an answer."""
    return tuple(name for name in NAMES if method(name).proves)


class _Asked(Mapping[str, Cost]):
    """The costs that methods predict, each asked when a rule looks at it: some predictions take long."""

    def __init__(self, instance: Instance) -> None:
        self._instance = instance
        self.said: dict[str, Prospect] = {}

    def prospect(self, name: str) -> Prospect:
        """What a method says, asked once."""
        if name not in self.said:
            self.said[name] = Prospect(name, *_assessed(name, self._instance))
        return self.said[name]

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self.prospect(name).cost is not None

    def __getitem__(self, name: str) -> Cost:
        cost = self.prospect(name).cost
        if cost is None:
            raise KeyError(name)
        return cost

    def __iter__(self) -> Iterator[str]:
        return (name for name in NAMES if name in self)

    def __len__(self) -> int:
        return sum(1 for _ in self)


def _assessed(name: str, instance: Instance) -> tuple[str | None, Cost | None]:
    said = method(name).assess(instance)
    return (said, None) if isinstance(said, str) else (None, said)


def choose(instance: Instance, wanted: str, room: int) -> Choice:
    """The method asked for, or the first rule's that applies; `room` is the memory left in bytes.

    Raises `MethodUnsuitable` where the method asked for, or every method, refuses the instance.
    """
    if wanted == "auto":
        asked = _Asked(instance)
        chosen = _first_rule(instance, asked, room)
        return chosen if chosen is not None else _none(asked.said.values())
    if wanted not in NAMES:
        raise MethodUnsuitable(f"there is no method {wanted}; there are {', '.join(NAMES)}")
    refusal, _ = _assessed(wanted, instance)
    if refusal is not None:
        # Where `restricted` takes it there is one choice, and no other method knows what to do with long numbers.
        costs = {p.name: p.cost for p in prospects(instance, _proving()) if p.cost is not None}
        first = "restricted" if "restricted" in costs else min(costs, key=lambda n: costs[n].seconds, default=None)
        found = None if first == "restricted" else _first_rule(instance, costs, room)
        name = first if found is None else found.method.name
        remedy = "no method takes it" if name is None else f"take --method {name}"
        parts = parts_for(instance, "auto")
        if parts is not None and parts.additive:
            remedy = f"take --method auto, which solves its {len(parts.parts)} independent parts one by one"
        raise MethodUnsuitable(f"method {wanted} does not take this instance: {refusal}; {remedy}")
    return Choice(method(wanted), "asked for by name")


def parts_for(instance: Instance, wanted: str) -> Parts | None:
    """The parts of an instance that are to be solved one by one: where it falls into some, and the method that was
    asked for takes every one that has a choice (auto finds one for each).
    """
    parts = None if wanted in WHOLE else parts_of(instance)
    if parts is None or wanted == "auto":
        return parts
    fit = all(not part.slots or isinstance(method(wanted).assess(part.instance), Cost) for part in parts.parts)
    return parts if fit else None


def plan_of(instance: Instance, name: str, run: Run) -> Plan | None:
    """What a method that takes the instance is going to do; None where a limit of the run comes first."""
    try:
        run.poll()
        with ticking(run.check):
            return method(name).plan(instance, run)
    except (MethodUnsuitable, TooLarge, Stop):
        return None


def instead(instance: Instance, refused: str, room: int) -> str:
    """Which method to take where one was refused for its memory, with its figures; `room` is the memory left."""
    names = [name for name in _proving() if name != "boxes" or room >= LOOPS]
    others = [p for p in prospects(instance, names) if p.name != refused and p.cost is not None]
    fitting = [
        (p.cost.seconds, p.name, p.cost) for p in others if p.cost is not None and p.cost.mebibytes * MIB <= room
    ]
    if min((seconds for seconds, _, _ in fitting), default=HOPELESS * 2) > HOPELESS:
        return "no other method is predicted to fit in a reasonable time; allow more memory"
    seconds, name, cost = min(fitting, key=lambda each: each[0])
    note = f" ({cost.note})" if cost.note else ""
    return f"take --method {name}: about {seconds:.2g} s{note} and {cost.mebibytes:.2g} MiB"


def best(instance: Instance, said: Iterable[Prospect], room: int) -> Choice:
    """The method of the first rule that applies to what the methods say. Raises `MethodUnsuitable` where none does."""
    wanted = [p for p in said if any(rule.name == p.name for rule in RULES)]
    costs = {p.name: p.cost for p in wanted if p.cost is not None}
    return _first_rule(instance, costs, room) or _none(wanted)


def _first_rule(instance: Instance, costs: Mapping[str, Cost], room: int) -> Choice | None:
    for rule in RULES:
        if rule.meant(instance) and rule.applies(costs, room):
            return Choice(method(rule.name), rule.reason.format(basis=costs[rule.name].basis), rule.others)
    return None


def _none(wanted: Iterable[Prospect]) -> NoReturn:
    reasons = "; ".join(f"{p.name}: {p.refusal}" for p in wanted)
    raise MethodUnsuitable(f"no method takes this instance ({reasons})")
