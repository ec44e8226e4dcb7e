"""dnnt: exact training of neural networks whose weights come from finite sets, with proofs that are checked.

    import dnnt
    instance = dnnt.read("xor.dnnt.json")
    answer = dnnt.solve(instance, goal="minimize")
    answer.status, answer.loss, answer.assurance

Names load when they are first used, so importing dnnt is light.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from dnnt._version import __version__

if TYPE_CHECKING:
    from dnnt.activations import Activation
    from dnnt.annotations.results import Chosen, Count
    from dnnt.answer import Answer
    from dnnt.api import (
        check,
        count,
        enumerate_,
        evaluate,
        info,
        parse,
        read,
        read_bundle,
        read_parameters,
        read_problem,
        reduce,
        sample,
        slp,
        solve,
        write,
    )
    from dnnt.certificate import Certificate
    from dnnt.errors import (
        DnntError,
        InternalError,
        InvalidCertificate,
        InvalidInput,
        InvalidInstance,
        InvalidParameters,
        InvalidProblem,
        MethodUnsuitable,
        TooLarge,
    )
    from dnnt.evaluation import Evaluation
    from dnnt.instance import Instance, Sample, graph, layered
    from dnnt.losses import Loss
    from dnnt.network import Edge, Layer, Layered, Network, Vertex
    from dnnt.parameters import Parameters
    from dnnt.problems.base import Problem
    from dnnt.problems.csp import CSP
    from dnnt.problems.exact_cover import ExactCover
    from dnnt.problems.straight_line import StraightLineProgram
    from dnnt.problems.subset_sum import SubsetSum
    from dnnt.reductions import reduction
    from dnnt.reductions.bundle import Bundle, Extraction
    from dnnt.signs.decide import SignVerdict
    from dnnt.spaces import space

_HOME = {
    "Activation": "activations",
    "Answer": "answer",
    "Bundle": "reductions.bundle",
    "CSP": "problems.csp",
    "Certificate": "certificate",
    "Chosen": "annotations.results",
    "Count": "annotations.results",
    "DnntError": "errors",
    "Edge": "network",
    "Evaluation": "evaluation",
    "ExactCover": "problems.exact_cover",
    "Extraction": "reductions.bundle",
    "Instance": "instance",
    "InternalError": "errors",
    "InvalidCertificate": "errors",
    "InvalidInput": "errors",
    "InvalidInstance": "errors",
    "InvalidParameters": "errors",
    "InvalidProblem": "errors",
    "Layer": "network",
    "Layered": "network",
    "Loss": "losses",
    "MethodUnsuitable": "errors",
    "Network": "network",
    "Parameters": "parameters",
    "Problem": "problems.base",
    "Sample": "instance",
    "SignVerdict": "signs.decide",
    "StraightLineProgram": "problems.straight_line",
    "SubsetSum": "problems.subset_sum",
    "TooLarge": "errors",
    "Vertex": "network",
    "check": "api",
    "count": "api",
    "enumerate_": "api",
    "evaluate": "api",
    "graph": "instance",
    "info": "api",
    "layered": "instance",
    "parse": "api",
    "read": "api",
    "read_bundle": "api",
    "read_parameters": "api",
    "read_problem": "api",
    "reduce": "api",
    "reduction": "reductions",
    "sample": "api",
    "slp": "api",
    "solve": "api",
    "space": "spaces",
    "write": "api",
}

__all__ = [
    "CSP",
    "Activation",
    "Answer",
    "Bundle",
    "Certificate",
    "Chosen",
    "Count",
    "DnntError",
    "Edge",
    "Evaluation",
    "ExactCover",
    "Extraction",
    "Instance",
    "InternalError",
    "InvalidCertificate",
    "InvalidInput",
    "InvalidInstance",
    "InvalidParameters",
    "InvalidProblem",
    "Layer",
    "Layered",
    "Loss",
    "MethodUnsuitable",
    "Network",
    "Parameters",
    "Problem",
    "Sample",
    "SignVerdict",
    "StraightLineProgram",
    "SubsetSum",
    "TooLarge",
    "Vertex",
    "__version__",
    "check",
    "count",
    "enumerate_",
    "evaluate",
    "graph",
    "info",
    "layered",
    "parse",
    "read",
    "read_bundle",
    "read_parameters",
    "read_problem",
    "reduce",
    "reduction",
    "sample",
    "slp",
    "solve",
    "space",
    "write",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'dnnt' has no attribute {name!r}")
    value = getattr(import_module(f"dnnt.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
