"""Method `sat`: the instance as clauses, solved by CaDiCaL, its refutation turned into a proof with hints.

Every model of the clauses gives parameters, which are evaluated exactly; then the total has to be below their loss,
and so on, until there is no model: the clauses, each with a reason that the checker verifies from the meaning of the
instance, and the solver's proof, trimmed to what is needed, are the certificate (algorithms: CaDiCaL, A. Biere et al.,
2020; LRAT, L. Cruz-Filipe et al., 2017). For `decide` the threshold is gamma.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dnnt.analysis.plan import Plan
from dnnt.certificate import OfForm
from dnnt.clausal.encoded import Search
from dnnt.encodings.clauses import estimate
from dnnt.encodings.clauses.book import TooManyClauses
from dnnt.exact import several
from dnnt.instance import Instance
from dnnt.methods.base import Cost, Goal, Method, form_or_refusal, one_step
from dnnt.running import Run, Stop
from dnnt.running.run import MIB
from dnnt.simplify.building import form_of

CLAUSE_SECONDS = 6e-6
CLAUSE_BYTES = 600

ENCODING = "encoding only"
"""What the predicted seconds are of."""


class Sat(Method):
    """Clauses for CaDiCaL, with a proof."""

    name = "sat"
    summary = "clauses, solved by CaDiCaL with a proof; for values in modest ranges"

    def assess(self, instance: Instance) -> Cost | str:
        """Takes instances whose encoding is predicted to be of modest size. The seconds are those of the encoding: how
        long the search takes cannot be told.
        """
        form = form_or_refusal(instance)
        if isinstance(form, str):
            return form
        refused = estimate.refusal(form)
        if refused is not None:
            return refused
        count = estimate.clauses(form, instance.gamma)
        refused = estimate.too_many(count)
        if refused is not None:
            return refused
        seconds = 0.1 + count * CLAUSE_SECONDS
        basis = f"about {several(round(count), 'clause')}"
        most = float("inf"), float("inf")
        return Cost(seconds, 20 + count * CLAUSE_BYTES / MIB, basis, most, unwieldy=True, note=ENCODING)

    def plan(self, instance: Instance, run: Run) -> Plan:
        """One line: how many clauses."""
        remark = "the seconds are for the encoding only, those of the search cannot be told"
        return one_step("clauses", "the instance as clauses, for CaDiCaL", self.assess(instance), remark)

    def solve(self, instance: Instance, goal: Goal, run: Run) -> Mapping[str, Any]:
        """Lower the threshold until there is no model."""
        form = form_of(instance)
        run.need(int(estimate.clauses(form, instance.gamma) * CLAUSE_BYTES), "the clauses")
        try:
            with Search(form, run, goal.threshold) as search:
                while not goal.reached(run):
                    values = search.next()
                    if values is None and goal.reached(run):
                        break
                    if values is None:
                        bound, strict = search.claim
                        body, seconds = search.grounds()
                        run.prove(bound, strict, OfForm("clauses", body, seconds))
                        break
                    run.offer(form.parameters(values), form.total(values))
                return search.stats
        except TooManyClauses as error:
            raise Stop("memory", str(error), predicted=True) from None


METHOD = Sat()
