"""Contracts for methods, reductions and certificates, and random instances and problems to hold them to.

    rng = random.Random(1)
    check_method(random_two_layer(rng), "reachable")
    check_reduction("subset-sum-to-dnnt", dnnt.SubsetSum((3, 5, 7), 12))

For the tests of dnnt and of what is built on it. The generators draw small instances that together
use every feature of the instance format; the same random state gives the same instance. `oracle` tries every choice of
parameters literally. `check_method` holds a method to its contract on an instance, `check_reduction` a rule on a
source, which it shrinks where something is wrong (`counterexample` says what, without raising); `check_annotations`
holds counts, draws, lists and second goals to theirs; `problems` has small
and random sources; `corruptions` spoils certificates.
"""

from __future__ import annotations

from dnnt.testing.annotation_contract import check_annotations
from dnnt.testing.contract import check_method, forced, takers
from dnnt.testing.instances import random_any, random_paper, random_two_layer
from dnnt.testing.near_instances import random_near
from dnnt.testing.oracle import Oracle, all_parameters, oracle
from dnnt.testing.reduction_contract import check_reduction, counterexample
from dnnt.testing.shrinking import shrunk
from dnnt.testing.state_oracle import state_oracle

__all__ = [
    "Oracle",
    "all_parameters",
    "check_annotations",
    "check_method",
    "check_reduction",
    "counterexample",
    "forced",
    "oracle",
    "random_any",
    "random_near",
    "random_paper",
    "random_two_layer",
    "shrunk",
    "state_oracle",
    "takers",
]
