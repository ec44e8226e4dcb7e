"""All states of little slack, where squares show that the others cost too much.

States of more slack than s lie on the near side of the plane on which the cut is s below its greatest value. If the
wanted values (the minima of all parabolas) lie beyond this plane, with an excess e, then every such state costs at
least e^2 / sum(g_j^2 / a_j) more than the minima, by Cauchy and Schwarz. So only the states of slack up to s are
formed, and the loss of each is looked at.
"""

from __future__ import annotations

from fractions import Fraction

from dnnt_check.budget import Invalid, Work
from dnnt_check.capped import Capped
from dnnt_check.directions import HalfSpace, conditions_of
from dnnt_check.numbers import Number, bits, ratio
from dnnt_check.quadratics import LONGEST, parabolas_of
from dnnt_check.reachable_grounds import Grounds, Sizes
from dnnt_check.states import StateLoss
from dnnt_check.summands import Summands
from dnnt_check.targets import constant_part

#: Whole numbers of more bits are not compared: with few coordinates they stay far shorter.
MOST_BITS = 60_000


def check_near_points(summands: Summands, loss: StateLoss, grounds: Grounds, sizes: Sizes, work: Work) -> None:
    """Prove that no state has a loss that is too small, by those of little slack and the distance of the others.

    Raises:
        Invalid: some state has, a set is larger than declared, the loss is no sum of squares, or the others may
            cost too little.
    """
    conditions = conditions_of(grounds, summands, work)
    assert grounds.slack is not None
    if not conditions.cuts:
        raise Invalid("lower.grounds.cuts[0]: all states have the same value")
    (cut,) = conditions.cuts
    charge = max(grounds.slack.numerator.bit_length(), grounds.slack.denominator.bit_length())
    work.spend(1e-6 + charge * 1e-8)
    units = ratio(grounds.slack, cut.unit)
    slack = units.numerator // units.denominator
    _check_others(cut, slack, loss, work)
    assert conditions.face is not None
    capped = Capped(summands, cut, conditions.face, slack, work)
    for key in capped.sums(sizes.last):
        loss.check(key)


def _check_others(cut: HalfSpace, slack: int, loss: StateLoss, work: Work) -> None:
    """States of more slack are not better than the bound."""
    found = parabolas_of(loss, constant_part(loss, work), work)
    if found is None:
        raise Invalid("lower.grounds.slack: goes with squared losses of outputs without activation")
    if max([bits(weight) for weight in cut.weights]) > LONGEST or max(bits(slack), bits(cut.limit)) > MOST_BITS:
        raise Invalid("lower.grounds.slack: the numbers are too long")
    excess = Fraction(slack + 1 - cut.limit)
    least = Fraction(found.constant)
    spread = Fraction(0)
    for part in found.parts:
        weight = cut.weights[part.place]
        if part.a:
            excess += Fraction(-part.b * weight, 2 * part.a)
            least -= Fraction(part.b * part.b, 4 * part.a)
            spread += Fraction(weight * weight, part.a)
        elif weight:
            raise Invalid("lower.grounds.cuts[0]: a coordinate without weight has a coefficient")
        # Denominators multiply from one coordinate to the next.
        length = max(bits(excess), bits(least), bits(spread))
        work.spend(3e-5 + length * 1e-8)
        if length > 4 * MOST_BITS:
            raise Invalid("lower.grounds.slack: the numbers are too long")
    work.spend(1e-5 + length_of_product(excess, least, spread) * 1e-7)
    # A state of more slack exceeds what the greatest target may cost, or the claim is not proved: that is
    # e^2 / spread > limit - least, in whole numbers (quotients of long ones would take long to reduce).
    room = found.limit - least
    above = excess.numerator**2 * spread.denominator * room.denominator
    if excess <= 0 or not spread or above <= excess.denominator**2 * spread.numerator * room.numerator:
        raise Invalid("lower.grounds.slack: states of more slack may have a loss that is too small")


def length_of_product(*numbers: Number) -> int:
    """The bits of a product, about."""
    return sum([2 * bits(number) for number in numbers])
