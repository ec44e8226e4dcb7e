"""Losses as functions of a sum that are lines between breaks: those of the loss, and those of the activation."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from itertools import pairwise

from dnnt.activations import Activation
from dnnt.exact import Number, normal
from dnnt.losses import Loss
from dnnt.reachable.program import Output

SUMS_OF_LINES, LINES = ("absolute", "hinge"), ("maximum", "zero_one", "misclassified", "table")
"""Losses that are lines between breaks: sums over outputs, and those where there is one output."""

STRAIGHT, FLAT = (
    ("identity", "scale", "relu", "leaky_relu", "abs", "clip", "piecewise_linear"),
    ("sign", "step", "table"),
)
"""Activations that are lines between corners, and those that are constant between (and at) them."""


def is_lined(loss: Loss, outputs: Sequence[Output], alone: bool) -> bool:
    """Whether the loss is a line between breaks in every coordinate; `alone`: a sample has one coordinate."""
    activations = [output.activation for output in outputs if output.block is not None]
    summed = loss.of_outputs(len(outputs)).separable
    if all(each is not None and each.kind in FLAT for each in activations):
        return summed or alone
    straight = all(each is None or each.kind in STRAIGHT + FLAT for each in activations)
    return straight and (loss.kind in SUMS_OF_LINES or (alone and loss.kind in LINES))


def breaks_of(loss: Loss, outputs: Sequence[Output], labels: Iterable[tuple[Number, ...]]) -> tuple[Number, ...] | None:
    """The values of a sum between which the loss of its outputs is a line, whatever it is weighted with; None: unknown.

    Each label is that of a single output.
    """
    corners: list[tuple[Activation | None, tuple[Number, ...]]] = []
    for output in outputs:
        these = _corners(output.activation)
        if these is None:
            return None
        corners.append((output.activation, these))
    found = {z for _, these in corners for z in these}
    if all(activation is not None and activation.kind in FLAT for activation, _ in corners):
        return tuple(sorted(found))
    wanted = _breaks_of_outputs(loss, labels)
    if wanted is None:
        return None
    for activation, these in corners:
        found |= _preimages(activation, these, wanted)
    return tuple(sorted(found))


def bends_of(loss: Loss, outputs: Sequence[Output]) -> tuple[Number, ...] | None:
    """The values of a sum between which the square of its outputs' errors is convex; None where that is not known."""
    if loss.kind != "squared":
        return None
    found: set[Number] = set()
    for output in outputs:
        these = _corners(output.activation)
        if these is None:
            return None
        found.update(these)
    return tuple(sorted(found))


def _breaks_of_outputs(loss: Loss, labels: Iterable[tuple[Number, ...]]) -> set[Number] | None:
    """The values of an output between which its loss is a line."""
    if loss.kind in ("absolute", "maximum", "zero_one"):
        return {y for (y,) in labels}
    if loss.kind == "hinge":
        margin = dict(loss.arguments)["margin"]
        return {normal(Fraction(margin) / y) for (y,) in labels if y}
    if loss.kind == "misclassified":
        return {0}
    if loss.kind == "table":
        return {f for (f,), _, _ in dict(loss.arguments)["values"]}
    return None


def _corners(activation: Activation | None) -> tuple[Number, ...] | None:
    """The arguments between which an activation is a line, in increasing order; None where it is not."""
    if activation is None or activation.kind in ("identity", "scale"):
        return ()
    if activation.kind in ("relu", "leaky_relu", "abs", "sign", "step"):
        return (0,)
    arguments = dict(activation.arguments)
    if activation.kind == "clip":
        return arguments["low"], arguments["high"]
    if activation.kind == "table":
        return tuple(sorted({z for z, _ in arguments["values"]}))
    if activation.kind == "piecewise_linear":
        return tuple(z for z, _ in arguments["points"])
    return None


def _preimages(activation: Activation | None, corners: tuple[Number, ...], wanted: set[Number]) -> set[Number]:
    """Where the lines between corners (and beyond them) take one of these values."""
    if activation is None or activation.kind == "identity":
        return wanted
    if activation.kind in FLAT:
        return set()
    first, last = (corners[0], corners[-1]) if corners else (0, 0)
    places = [first - 2, first - 1, *corners, last + 1, last + 2] if corners else [0, 1]
    found: set[Number] = set()
    for a, b in pairwise(places):
        start, end = activation(a), activation(b)
        if start != end:
            slope = Fraction(end - start) / (b - a)
            found |= {normal(a + (f - start) / slope) for f in wanted}
    return found
