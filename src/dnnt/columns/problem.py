"""The normal form as a search over columns sees it: levels of units whose variables are their own.

A variable that occurs in several units (dissolved linear units leave such) is given a value before, so that what a unit
may compute depends on the columns of its sources alone. Two symmetries are verified here, on this very problem:

- Two units are *interchangeable* if exchanging them, with a matching of variables, changes nothing: equal activations,
  constants, terms and products up to which variable is whose, no output among them, and equal products wherever they
  are read. Their columns may then be exchanged in any solution, so their order does not matter.
- Where parameters have prices, equal sets of values means equal prices too.
- A unit is *negatable* if it is no output and whatever reads it multiplies it by values of its own that are symmetric
  about 0. In any solution its column may then be replaced by its negative, if that is a column of the unit too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import prod
from typing import Any

from dnnt.activations import Activation
from dnnt.exact import Number, normal
from dnnt.simplify.form import Form, Vector

MOST_UNITS = 150
"""Units with a choice up to which a search is begun: it goes deeper with each."""

PriceRow = tuple[Number, ...]
"""What each value of a variable costs, where the cheapest parameters are looked for."""


@dataclass(frozen=True, slots=True)
class Term:
    """A column times a variable: its index in the form, its values, and their prices (none: all alike)."""

    variable: int
    values: tuple[Number, ...]
    column: Vector
    prices: PriceRow = ()

    @property
    def priced(self) -> Any:
        """Values with their prices, in any order."""
        return _priced(self.values, self.prices)


@dataclass(frozen=True, slots=True)
class Link:
    """The value of a unit times one of `values`: a factor times each of the variable's `choices` (None: the factor)."""

    source: int
    variable: int | None
    values: tuple[Number, ...]
    choices: tuple[Number, ...] = ()
    prices: PriceRow = ()

    @property
    def priced(self) -> Any:
        """Values with their prices, in any order."""
        return _priced(self.values, self.prices)


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit whose variables occur in no other one. `index` is that of the form."""

    index: int
    activation: Activation
    constant: Vector
    terms: tuple[Term, ...]
    links: tuple[Link, ...]

    @property
    def choices(self) -> int:
        """The number of choices of its variables."""
        return prod([len(term.values) for term in self.terms]) * prod([len(link.values) for link in self.links])


@dataclass(frozen=True, slots=True)
class Kind:
    """Units of one level that are interchangeable (or one alone), and whether each is negatable."""

    members: tuple[int, ...]
    negatable: bool


@dataclass(frozen=True, slots=True)
class Level:
    """Units that read none of each other but only earlier levels.

    `seen`: earlier units whose columns are read later than here, or are outputs; `classes`: points (as bit masks) at
    which everything else that later units add up by themselves agrees.
    """

    kinds: tuple[Kind, ...]
    seen: tuple[int, ...]
    classes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Problem:
    """Units by their index, levels, and the last units: outputs that no unit reads."""

    units: Mapping[int, Unit]
    levels: tuple[Level, ...]
    last: tuple[int, ...]
    fixed: Mapping[int, Number]


def shared_variables(form: Form) -> tuple[int, ...]:
    """The variables that occur more than once, in several units."""
    found: Counter[int] = Counter()
    for unit in form.units:
        found.update([variable for variable, _ in unit.terms])
        found.update([each.variable for each in unit.products if each.variable is not None])
    return tuple(sorted(v for v, count in found.items() if count > 1))


def problems_of(form: Form, prices: Sequence[PriceRow] = ()) -> Iterator[Problem]:
    """A problem for each choice of the shared variables; `prices` are those of all variables, if they matter."""
    shared = shared_variables(form)
    for chosen in product(*[form.variables[v].values for v in shared]):
        yield _problem(form, dict(zip(shared, chosen, strict=True)), prices or [()] * len(form.variables))


def _problem(form: Form, fixed: Mapping[int, Number], prices: Sequence[PriceRow]) -> Problem:
    made = [_unit(form, index, fixed, prices) for index in range(len(form.units))]
    outputs = {of for of in form.outputs if isinstance(of, int)}
    live = set(outputs)
    for unit in reversed(made):
        if unit.index in live:
            live.update(link.source for link in unit.links)
    units = {unit.index: unit for unit in made if unit.index in live}
    read = {link.source for unit in units.values() for link in unit.links}
    level: dict[int, int] = {}
    for index, unit in units.items():
        level[index] = 1 + max((level[link.source] for link in unit.links), default=0)
    last = tuple(index for index in units if index not in read)
    inner = [index for index in units if index in read]
    top = max((level[index] for index in inner), default=0)
    levels = []
    for depth in range(1, top + 1):
        here = [index for index in inner if level[index] == depth]
        after = [units[index] for index in units if index in last or level[index] > depth]
        later = {link.source for unit in after for link in unit.links} | outputs
        seen = tuple(index for index in inner if level[index] < depth and index in later)
        levels.append(Level(_kinds(units, here, outputs), seen, _classes(len(form.points), after)))
    return Problem(units, tuple(levels), last, fixed)


def _unit(form: Form, index: int, fixed: Mapping[int, Number], prices: Sequence[PriceRow]) -> Unit:
    """A unit with the shared variables put in."""
    unit = form.units[index]
    constant = list(unit.constant)
    terms = []
    for variable, column in unit.terms:
        if variable in fixed:
            constant = [normal(a + fixed[variable] * b) for a, b in zip(constant, column, strict=True)]
        else:
            terms.append(Term(variable, form.variables[variable].values, column, prices[variable]))
    links = []
    known: dict[int, Number] = {}
    for each in unit.products:
        if each.variable is None or each.variable in fixed:
            factor = each.factor if each.variable is None else each.factor * fixed[each.variable]
            known[each.source] = normal(known.get(each.source, 0) + factor)
        else:
            choices = form.variables[each.variable].values
            values = tuple([normal(each.factor * x) for x in choices])
            links.append(Link(each.source, each.variable, values, choices, prices[each.variable]))
    links += [Link(source, None, (factor,)) for source, factor in known.items() if factor]
    return Unit(index, unit.activation, tuple(constant), tuple(terms), tuple(links))


def _priced(values: Sequence[Number], prices: PriceRow) -> frozenset[tuple[Number, Number]]:
    return frozenset(zip(values, prices or (0,) * len(values), strict=True))


def _classes(points: int, after: Sequence[Unit]) -> tuple[int, ...]:
    """Points at which the constants and terms of these units agree, as masks."""
    rows = {row for unit in after for row in (unit.constant, *[term.column for term in unit.terms])}
    found: dict[Any, int] = {}
    for point in range(points):
        key = tuple([row[point] for row in rows])
        found[key] = found.get(key, 0) | 1 << point
    return tuple(found.values())


def _kinds(units: Mapping[int, Unit], here: Sequence[int], outputs: set[int]) -> tuple[Kind, ...]:
    groups: dict[Any, list[int]] = {}
    for index in here:
        key = (index,) if index in outputs else (_inside(units[index]), _readers(units, index))
        groups.setdefault(key, []).append(index)
    return tuple(Kind(tuple(members), _negatable(units, members[0], outputs)) for members in groups.values())


def _inside(unit: Unit) -> Any:
    """What a unit adds up and applies, whichever variables are its own."""
    terms = Counter((term.column, term.priced) for term in unit.terms)
    links = Counter((link.source, link.priced) for link in unit.links)
    return unit.activation, unit.constant, frozenset(terms.items()), frozenset(links.items())


def _readers(units: Mapping[int, Unit], index: int) -> Any:
    """For each unit that reads this one, by which values it multiplies it."""
    found = Counter((unit.index, link.priced) for unit in units.values() for link in unit.links if link.source == index)
    return frozenset(found.items())


def _negatable(units: Mapping[int, Unit], index: int, outputs: set[int]) -> bool:
    if index in outputs:
        return False
    read = [link.priced for unit in units.values() for link in unit.links if link.source == index]
    return all(priced == {(-x, price) for x, price in priced} for priced in read)
