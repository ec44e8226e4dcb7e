"""How many clauses an instance takes, about, before any is made; and why some instances are refused."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from math import comb, prod
from typing import NamedTuple

from dnnt.activations import TWO_VALUED
from dnnt.encodings.clauses.book import MOST_CLAUSES
from dnnt.encodings.clauses.costs import MOST_CELLS, in_cells
from dnnt.exact import Number, common_step, magnitude, most_bits, normal
from dnnt.simplify.form import Form, Unit

IRREGULAR = frozenset(("custom", "digit_code", "digit_product", "printed_code", "printed_product", "windows"))
MOST_BITS = 2000
LOOKED = 4
"""Points that are looked at."""


def refusal(form: Form) -> str | None:
    """Why an instance is not encoded, whatever its size; None where it is."""
    for unit in form.units:
        if unit.activation.kind in IRREGULAR:
            return f"the activation {unit.activation.kind} is not encoded into clauses"
    if form.loss.row is None or form.loss.kind == "guarded":
        return f"the loss {form.loss.kind} is not encoded into clauses"
    numbers: list[Sequence[Number]] = [variable.values for variable in form.variables]
    numbers += [unit.constant for unit in form.units]
    numbers += [column for unit in form.units for _, column in unit.terms]
    numbers += [(weight, *y) for samples in form.samples for weight, y in samples]
    if max(map(most_bits, numbers), default=0) > MOST_BITS:
        return f"numbers of more than {MOST_BITS:,} bits"
    return _cells(form)


def _cells(form: Form) -> str | None:
    """Why combinations of outputs are too many, for losses of several outputs that have to list them."""
    if len(form.outputs) == 1 or form.loss.separable:
        return None
    for i, samples in enumerate(form.samples):
        if in_cells(form.loss, len({y for _, y in samples})):
            values: list[_Values] = []
            for u, unit in enumerate(form.units):
                values.append(_of_unit(form, u, unit, i, values, None)[1])
            if prod(values[of].number for of in form.outputs if isinstance(of, int)) > MOST_CELLS:
                return f"a sample may have more than {MOST_CELLS:,} combinations of outputs"
    return None


def clauses(form: Form, gamma: Number | None, given: Collection[int] = ()) -> float:
    """About how many clauses the encoding will have, without those of units that are `given` and have two values;
    rough: a few points stand for all.
    """
    points = len(form.points)
    chosen = sorted({points * k // LOOKED for k in range(LOOKED)}) if points else []
    made = 0.0
    for i in chosen:
        values: list[_Values] = []
        for u, unit in enumerate(form.units):
            if u in given:
                low, high = TWO_VALUED[unit.activation.kind]
                values.append(_Values(2.0, low, high, high - low))
                continue
            more, found = _of_unit(form, u, unit, i, values, gamma)
            values.append(found)
            made += more
    count = points * max(1, len(form.outputs))
    limit = 50 if gamma is None else max(1, min(2000, int(gamma) + 1))
    costs = count * float(min(limit, count) ** 1.3)
    return made * points / max(1, len(chosen)) + costs + sum([len(variable.values) for variable in form.variables])


class _Values(NamedTuple):
    """How many values something may have, the least and the greatest, and the step between them (0: one value)."""

    number: float
    low: Number
    high: Number
    step: Number

    def times(self, factor: Number) -> _Values:
        ends = factor * self.low, factor * self.high
        return _Values(self.number, min(ends), max(ends), magnitude(factor) * self.step)

    def by(self, other: _Values) -> _Values:
        ends = [a * b for a in (self.low, self.high) for b in (other.low, other.high)]
        steps = [self.low * other.step, other.low * self.step, self.step * other.step]
        return _fitting(self.number * other.number, min(ends), max(ends), common_step(steps))


def _fitting(count: float, low: Number, high: Number, step: Number) -> _Values:
    return _Values(min(count, float(min(10**15, (high - low) // step)) + 1 if step else 1.0), low, high, step)


def _of_unit(
    form: Form, u: int, unit: Unit, i: int, values: Sequence[_Values], gamma: Number | None
) -> tuple[float, _Values]:
    """(clauses, values) of a unit at a point; `values` are those of the units before it."""
    parts: list[_Values] = []
    made = 0.0

    def variable(k: int) -> _Values:
        of = form.variables[k].values
        return _Values(len(of), of[0], of[-1], common_step([b - of[0] for b in of[1:]]))

    for k, column in unit.terms:
        if column[i]:
            parts.append(variable(k).times(column[i]))
    for each in unit.products:
        part = values[each.source]
        if each.variable is not None:
            of = variable(each.variable)
            made += 2.5 * part.number * of.number
            part = part.by(of)
        parts.append(part.times(each.factor))
    constant = unit.constant[i]
    low = normal(constant + sum([part.low for part in parts]))
    high = normal(constant + sum([part.high for part in parts]))
    step = common_step([part.step for part in parts]) if parts else 0
    single = unit.activation.kind in TWO_VALUED
    if u in form.outputs and gamma == 0 and len(parts) > 3 and all(part.number == 2 for part in parts):
        return float(comb(min(len(parts), 40), 2)), _Values(2.0, low, high, step)
    parts.sort(key=lambda part: part.low - part.high)
    ahead: Number = 0
    choices = 1.0
    for place, part in enumerate(parts):
        ahead += part.high - part.low
        choices = min(1e18, choices * part.number)
        reach = min(ahead, high - low - ahead) if single else ahead
        if place:
            made += _fitting(choices, 0, reach, step).number * part.number * 2
    pre = _fitting(choices, low, high, step)
    ends = unit.activation.interval(low, high)
    assert ends is not None, "irregular activations are refused"
    image = _fitting(2.0 if single else pre.number, ends[0], ends[1], step)
    return made + (2.0 if single else 2 * pre.number), image


def too_many(estimate: float) -> str | None:
    """Why so many clauses are refused."""
    if estimate <= MOST_CLAUSES:
        return None
    figure = f"{estimate:,.0f}" if estimate < 1e15 else "more than 10^15"
    return f"about {figure} clauses, and the most are {MOST_CLAUSES:,}"
