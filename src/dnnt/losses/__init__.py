"""Losses: exact functions of a sample's outputs f and targets y, never negative.

`table.KINDS` is the one table of named losses; a file of this package holds each family of them. From Python any exact
function of two tuples can be given.
"""

from dnnt.losses.loss import Kind, Loss, Vector
from dnnt.losses.table import KINDS, custom, loss

__all__ = ["KINDS", "Kind", "Loss", "Vector", "custom", "loss"]
