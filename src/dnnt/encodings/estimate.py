"""How many clauses an instance takes, about, before any is made; and why some instances are refused."""

from __future__ import annotations

from collections.abc import Sequence
from math import comb

from dnnt.encodings.book import MOST_CLAUSES
from dnnt.encodings.quantities import MOST_VALUES, common
from dnnt.exact import Number, bits, magnitude
from dnnt.simplify.form import Form, Unit

IRREGULAR = frozenset(("custom", "digit_code", "digit_product", "printed_code", "printed_product", "windows"))
MOST_BITS = 2000
TWO_VALUES = frozenset(("sign", "step"))


def refusal(form: Form) -> str | None:
    """Why an instance is not encoded, whatever its size; None where it is."""
    for unit in form.units:
        if unit.activation.kind in IRREGULAR:
            return f"the activation {unit.activation.kind} is not encoded into clauses"
    if form.loss.row is None or form.loss.kind == "guarded":
        return f"the loss {form.loss.kind} is not encoded into clauses"
    numbers = [q for variable in form.variables for q in (variable.values[0], variable.values[-1])]
    numbers += [q for unit in form.units for q in unit.constant]
    numbers += [q for unit in form.units for _, column in unit.terms for q in column]
    numbers += [q for samples in form.samples for weight, y in samples for q in (weight, *y)]
    if max(map(bits, numbers), default=0) > MOST_BITS:
        return f"numbers of more than {MOST_BITS:,} bits"
    return None


def clauses(form: Form, gamma: Number | None) -> float:
    """About how many clauses the encoding will have; rough."""
    points = len(form.points)
    total = sum(len(variable.values) for variable in form.variables)
    sizes: list[float] = []
    estimate = float(total)
    outputs = {of for of in form.outputs if isinstance(of, int)}
    for u, unit in enumerate(form.units):
        made, values = _of_unit(form, unit, sizes, u in outputs, gamma)
        sizes.append(values)
        estimate += points * made
    count = points * max(1, len(form.outputs))
    limit = 50 if gamma is None else max(1, min(2000, int(gamma) + 1))
    return estimate + count * float(min(limit, count) ** 1.3)


def _of_unit(
    form: Form, unit: Unit, sizes: Sequence[float], is_output: bool, gamma: Number | None
) -> tuple[float, float]:
    """(clauses at one point, values) of a unit; `sizes` are the values of the units before it."""
    parts: list[tuple[float, Number]] = []  # Of each summand its values, and the step between them.
    made = 0.0
    for k, column in unit.terms:
        values = form.variables[k].values
        factor = max(map(magnitude, column), default=0)
        if factor:
            parts.append((len(values), factor * common([b - values[0] for b in values[1:]])))
    for each in unit.products:
        size = sizes[each.source]
        options = 1 if each.variable is None else len(form.variables[each.variable].values)
        made += 2.5 * size * options
        parts.append((min(size * options, MOST_VALUES), magnitude(each.factor)))
    if is_output and gamma == 0 and not unit.products and all(count == 2 for count, _ in parts) and len(parts) > 3:
        support = sum([1 for _, column in unit.terms if column and column[0]])
        return float(comb(min(support, 40), 2)), 2.0
    base = min([step for _, step in parts], default=1)
    parts.sort(key=lambda part: (-part[0], -part[1]))
    widths = [(count - 1) * min(10**15, int(step // base)) + 1.0 for count, step in parts]
    total = float(sum([width - 1 for width in widths]) + 1)
    single = unit.activation.kind in TWO_VALUES
    choices = 1.0
    ahead = 1.0
    for (count, _), width in zip(parts, widths, strict=True):
        choices = min(1e18, choices * count)
        ahead += width - 1
        reach = min(choices, ahead, total - ahead + 1 if single else ahead)
        made += max(1.0, reach) * count * 2
    found = min(choices, total)
    return made + (1 if single else 2 * found), 2.0 if single else min(found, 1e6)


def too_many(estimate: float) -> str | None:
    """Why so many clauses are refused."""
    if estimate <= MOST_CLAUSES:
        return None
    figure = f"{estimate:,.0f}" if estimate < 1e15 else "more than 10^15"
    return f"about {figure} clauses, and the most are {MOST_CLAUSES:,}"
