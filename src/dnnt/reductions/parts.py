"""Small parts that networks of reductions are built from."""

from __future__ import annotations

from functools import cache
from typing import Any

from dnnt.activations import activation
from dnnt.network import Vertex


def vertex(name: str, kind: Any = "identity") -> Vertex:
    """A vertex with an activation given as in a file."""
    return Vertex(name, _named(kind) if isinstance(kind, str) else activation(kind))


_named = cache(activation)
