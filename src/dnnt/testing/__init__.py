"""Contracts for methods and certificates, and random instances to hold them to.

    rng = random.Random(1)
    check_method(random_two_layer(rng), "reachable")

For the tests of dnnt and of methods and certificates built on it. The generators draw small instances that together
use every feature of the instance format; the same random state gives the same instance. `oracle` tries every choice of
parameters literally. `check_method` holds a method to its contract on an instance, `corruptions` spoils certificates.
"""

from __future__ import annotations

from dnnt.testing.contract import check_method, forced, takers
from dnnt.testing.instances import random_any, random_paper, random_two_layer
from dnnt.testing.oracle import Oracle, all_parameters, oracle

__all__ = [
    "Oracle",
    "all_parameters",
    "check_method",
    "forced",
    "oracle",
    "random_any",
    "random_paper",
    "random_two_layer",
    "takers",
]
