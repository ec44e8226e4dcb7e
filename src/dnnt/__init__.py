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
    from dnnt.answer import Answer
    from dnnt.api import check, info, parse, read, read_parameters, solve, write
    from dnnt.certificate import Certificate
    from dnnt.errors import (
        DnntError,
        InternalError,
        InvalidCertificate,
        InvalidInput,
        InvalidInstance,
        InvalidParameters,
        MethodUnsuitable,
        TooLarge,
    )
    from dnnt.evaluation import Evaluation, evaluate
    from dnnt.instance import Instance, Sample, graph, layered
    from dnnt.losses import Loss
    from dnnt.network import Edge, Layer, Layered, Network, Vertex
    from dnnt.parameters import Parameters
    from dnnt.spaces import space

_HOME = {
    "Activation": "activations",
    "Answer": "answer",
    "Certificate": "certificate",
    "DnntError": "errors",
    "Edge": "network",
    "Evaluation": "evaluation",
    "Instance": "instance",
    "InternalError": "errors",
    "InvalidCertificate": "errors",
    "InvalidInput": "errors",
    "InvalidInstance": "errors",
    "InvalidParameters": "errors",
    "Layer": "network",
    "Layered": "network",
    "Loss": "losses",
    "MethodUnsuitable": "errors",
    "Network": "network",
    "Parameters": "parameters",
    "Sample": "instance",
    "TooLarge": "errors",
    "Vertex": "network",
    "check": "api",
    "evaluate": "evaluation",
    "graph": "instance",
    "info": "api",
    "layered": "instance",
    "parse": "api",
    "read": "api",
    "read_parameters": "api",
    "solve": "api",
    "space": "spaces",
    "write": "api",
}

__all__ = [
    "Activation",
    "Answer",
    "Certificate",
    "DnntError",
    "Edge",
    "Evaluation",
    "Instance",
    "InternalError",
    "InvalidCertificate",
    "InvalidInput",
    "InvalidInstance",
    "InvalidParameters",
    "Layer",
    "Layered",
    "Loss",
    "MethodUnsuitable",
    "Network",
    "Parameters",
    "Sample",
    "TooLarge",
    "Vertex",
    "__version__",
    "check",
    "evaluate",
    "graph",
    "info",
    "layered",
    "parse",
    "read",
    "read_parameters",
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
