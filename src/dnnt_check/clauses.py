"""Grounds of the kind "clauses": clauses that hold for all parameters of small loss, and a refutation of them.

Assume that parameters have a total loss below the bound (with `strict`: at most the bound). Every clause follows from
what its literals mean and from this assumption, for a reason that is judged for itself; a derivation by unit
propagation leads to the empty clause. So there are no such parameters. No encoding has to be known: a clause may come
from anywhere.
"""

from __future__ import annotations

from dnnt_check.budget import Invalid, Work
from dnnt_check.clause_reading import Clauses, read_clauses
from dnnt_check.clause_reasons import Reasons
from dnnt_check.exchanging import Exchanges
from dnnt_check.form import Form
from dnnt_check.hints import check_derivation
from dnnt_check.instance import Instance
from dnnt_check.numbers import Number
from dnnt_check.quantities import Model
from dnnt_check.renaming import Renaming

__all__ = ["check_clauses", "read_clauses"]


def check_clauses(instance: Instance, form: Form, body: Clauses, bound: Number, strict: bool, work: Work) -> None:
    """Prove that no parameters have a loss below the bound (with `strict`: nor equal to it).

    Raises:
        Invalid: a clause does not hold for its reason, or the proof does not derive the empty clause.
    """
    model = Model(instance, form, bound, strict, work)
    if model.hopeless:
        return  # The least cost of every point by itself is enough.
    for parts in body.sums:
        for _, key in parts:
            model.check(key)
        model.add_sum(parts)
    renaming = None if body.order is None else Renaming(model, *body.order, work)
    exchanges = Exchanges(form, model.points, body.swaps, work)
    reasons = Reasons(model, body.literals, body.relations, renaming, work, exchanges)
    work.require(sum([3e-6 + len(literals) * 1e-6 for _, literals in body.clauses]), "the reasons of all clauses")
    for place, (reason, literals) in enumerate(body.clauses):
        if not reasons.check(reason, literals):
            raise Invalid(f"lower.grounds.clauses[{place}]: it does not hold for this reason")
    check_derivation([literals for _, literals in body.clauses], body.proof, len(body.literals), work)
