"""The normal form of an instance, as docs/certificates.md defines it.

Values that are known are computed, slots of a vertex that multiply the same thing become one variable, units that are
linear with known weights dissolve into those that they feed, and what no output needs is dropped. What is left is a
list of variables and a list of units, to which grounds may refer.
"""

from __future__ import annotations

from dataclasses import dataclass

from dnnt_check.activations import Activation
from dnnt_check.losses import Vector
from dnnt_check.numbers import Number

#: (position of a vertex, place of a slot among all slots of its edges).
Name = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Product:
    """`factor` times the value of the unit `source`, times a variable unless that is None."""

    source: int
    variable: int | None
    factor: Number


@dataclass(frozen=True, slots=True)
class Unit:
    """Over the points the pre-activation is constant + the sum of variable * column + the sum of products."""

    position: int
    activation: Activation
    constant: Vector
    terms: tuple[tuple[int, Vector], ...]
    products: tuple[Product, ...]


@dataclass(frozen=True, slots=True)
class Form:
    """The normal form.

    Attributes:
        names: of the variables, in increasing order.
        values: for every variable its values, in increasing order.
        units: in topological order, always the one of least position that can come.
        outputs: for each output the index of its unit, or its known values.
    """

    names: tuple[Name, ...]
    values: tuple[tuple[Number, ...], ...]
    units: tuple[Unit, ...]
    outputs: tuple[int | Vector, ...]
