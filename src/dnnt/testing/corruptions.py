"""The table of ways to spoil a certificate, from the small lie to the file that is none."""

from __future__ import annotations

import json
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from fractions import Fraction
from random import Random
from typing import Any

from dnnt.instance import Instance
from dnnt.testing import box_damage as boxes, damage, lies
from dnnt.testing.certificates import Case, Spoiled
from dnnt.testing.spoiling import EPSILON, Make, Spot


@dataclass(frozen=True, slots=True)
class Kind:
    """A way of spoiling; `readable` tells whether the result still follows the certificate format."""

    readable: bool
    make: Make


def spoil(kind: str, case: Case, rng: Random, other: Instance) -> Spoiled | None:
    """The certificate of the case spoiled in the given way; None where the way does not go with it.

    `other` is another instance, for certificates that are presented with the wrong one.
    """
    made = KINDS[kind].make(deepcopy(case.body), Spot(case, rng, other))
    if made is None or isinstance(made, Spoiled):
        return made
    return Spoiled(case.instance, made if isinstance(made, bytes) else json.dumps(made).encode())


NO_NUMBERS: tuple[Any, ...] = (
    None, True, [], {}, "", "x", "1e3", "1/0", "1/-2", "0x", "0xg", "\uff11", "1_0", " 1", "+1",
    float("nan"), float("-inf"),
)  # fmt: skip
NO_OBJECTS: tuple[Any, ...] = (None, [], 0, "", "upper")

KINDS: Mapping[str, Kind] = {
    # What is claimed
    "loss raised by 1": Kind(True, lies.loss(1)),
    "loss lowered by 1": Kind(True, lies.loss(-1)),
    "loss raised by 10^-40": Kind(True, lies.loss(EPSILON)),
    "loss lowered by 10^-40": Kind(True, lies.loss(-EPSILON)),
    "bound raised by 1": Kind(True, lies.bound(1)),
    "bound raised by 10^-40": Kind(True, lies.bound(EPSILON)),
    "bound lowered by 1": Kind(True, lies.bound(-1)),
    "bound lowered by 10^-40": Kind(True, lies.bound(-EPSILON)),
    "loss and bound raised by 1": Kind(True, lies.both(1)),
    "loss and bound lowered by 1": Kind(True, lies.both(-1)),
    "bound just above the least loss": Kind(True, lies.least_below),
    "bound the second least loss": Kind(True, lies.next_loss),
    "bound the least loss, strict": Kind(True, lies.least_strict),
    "strict flipped": Kind(True, lies.strict),
    "bound raised by 1, sizes too": Kind(True, lies.generous(lies.bound(1))),
    "bound just above the least loss, sizes raised": Kind(True, lies.generous(lies.least_below)),
    "bound the second least loss, sizes raised": Kind(True, lies.generous(lies.next_loss)),
    "bound the least loss, strict, sizes raised": Kind(True, lies.generous(lies.least_strict)),
    "infeasible claimed": Kind(True, damage.infeasible),
    "loss or bound written otherwise": Kind(True, lies.respelled),
    # Parameters
    "parameter changed": Kind(True, lies.parameter(True, False)),
    "parameter changed, loss restated": Kind(True, lies.parameter(True, True)),
    "parameter outside its space": Kind(True, lies.parameter(False, False)),
    "parameter outside, loss restated": Kind(True, lies.parameter(False, True)),
    "entries shuffled": Kind(True, lies.entries_shuffled),
    "entry removed": Kind(True, lies.entry_removed),
    "entry added": Kind(True, lies.entry_added),
    "weight added": Kind(True, lies.weight_added),
    "weight removed": Kind(True, lies.weight_removed),
    "repeat raised": Kind(True, lies.repeat(lambda count: count + 1)),
    "repeat 10^30": Kind(True, lies.repeat(lambda count: 10**30)),
    "repeat below 1": Kind(False, lies.repeat(lambda count: 0)),
    "repeat no integer": Kind(False, lies.repeat(lambda count: str(count))),
    # Whose certificate it is
    "sha256 changed": Kind(True, damage.sha256),
    "another instance": Kind(True, damage.presented(lambda spot: spot.other, False)),
    "another instance, renamed": Kind(True, damage.presented(lambda spot: spot.other, True)),
    "a sample weight changed, renamed": Kind(True, damage.presented(damage.reweighted, True)),
    "a space added to the instance file": Kind(True, damage.presented(damage.respaced, False)),
    # Grounds
    "upper part removed": Kind(True, lies.keep_one("upper")),
    "lower part removed": Kind(True, lies.keep_one("lower")),
    "grounds nonnegative": Kind(True, damage.grounds("nonnegative")),
    "grounds enumeration": Kind(True, damage.grounds("enumeration")),
    "grounds reachable, made up": Kind(True, damage.grounds("reachable")),
    "grounds empty": Kind(False, damage.grounds("empty")),
    "grounds unknown": Kind(False, damage.grounds("authority")),
    "size one less": Kind(True, damage.sizes(lambda size: max(0, size - 1))),
    "size 0": Kind(True, damage.sizes(lambda size: 0)),
    "size 10^100": Kind(True, damage.sizes(lambda size: 10**100)),
    "size negative": Kind(False, damage.sizes(lambda size: -1)),
    "size no integer": Kind(False, damage.sizes(lambda size: "5/2")),
    "left changed": Kind(True, damage.left),
    "left no runs": Kind(False, damage.put(
        "lower.grounds", "left", [[0, 2], [1, 1]], [[-1, 1]], [[0]], 3, [[0, 1, 2]]
    )),
    "last flipped": Kind(True, damage.last),
    "last unknown": Kind(False, damage.put("lower.grounds", "last", "", "Points", None, 1)),
    "rest changed": Kind(True, damage.rest),
    "rest changed, bound just above the least loss": Kind(True, lies.after(damage.rest, lies.least_below)),
    "rest changed, bound the least loss, strict": Kind(True, lies.after(damage.rest, lies.least_strict)),
    "rest no number": Kind(False, damage.bad_rest(0, -1, True, None, "1", [], {}, 0.5)),
    "cuts changed": Kind(True, damage.cuts),
    "cuts changed, bound just above the least loss": Kind(True, lies.after(damage.cuts, lies.least_below)),
    "cuts changed, bound the least loss, strict": Kind(True, lies.after(damage.cuts, lies.least_strict)),
    "cuts no vectors": Kind(False, damage.key(
        "cuts", None, True, {}, [], 1, "?", [[]], [[0]], [["?"]], [[True]], [[0.5]], [["1"]], [None], ["?", [0]],
        [[1] * 99], [[10**5000]],
    )),
    "residues added": Kind(True, damage.residues),
    "residues added, bound the least loss, strict": Kind(True, lies.after(damage.residues, lies.least_strict)),
    "residues no pairs": Kind(False, damage.key(
        "residues", None, True, {}, [], "?", ["?"], [[[0], 2]], [["?", 1]], [["?", 0]], [["?", -2]], [["?", True]],
        [["?", 2.5]], [["?", "2"]], [["?", 2, 2]], [[[1] * 99, 2]], [["?", 10**5000]], [[2, "?"]],
    )),
    "window added": Kind(True, damage.window),
    "window added, bound the least loss, strict": Kind(True, lies.after(damage.window, lies.least_strict)),
    "window no true": Kind(False, damage.key("window", None, 1, 0, False, "true", [], {})),
    "slack lowered": Kind(True, damage.slack(lambda slack: slack / 2)),
    "slack 0": Kind(True, damage.slack(lambda slack: 0)),
    "slack a little less": Kind(True, damage.slack(lambda slack: max(slack - 1, Fraction(0)))),
    "slack raised": Kind(True, damage.slack(lambda slack: 2 * slack + 1)),
    "slack 10^100": Kind(True, damage.slack(lambda slack: 10**100)),
    "slack lowered, bound just above the least loss": Kind(True, lies.after(
        damage.slack(lambda slack: slack / 2), lies.least_below
    )),
    "slack 0, bound the least loss, strict": Kind(True, lies.after(damage.slack(lambda slack: 0), lies.least_strict)),
    "slack kept, bound just above the least loss": Kind(True, lies.after(
        damage.slack(lambda slack: slack), lies.least_below
    )),
    "another cut with the slack": Kind(True, damage.slack_cut),
    "another cut with the slack, bound just above the least loss": Kind(True, lies.after(
        damage.slack_cut, lies.least_below
    )),
    "slack no number": Kind(False, damage.bad_slack(-1, "-1/3", True, None, [], {}, "x", "1/0")),
    "slack misplaced": Kind(False, damage.slack_misplaced),
    "a key of targets with points": Kind(False, damage.cuts_on_points),
    "a window of boxes emptied": Kind(True, boxes.window_emptied),
    "a window of boxes narrowed": Kind(True, boxes.window_narrowed),
    "a cut of boxes changed": Kind(True, boxes.cut_changed),
    "the times of a cut of boxes changed": Kind(True, boxes.times_changed),
    "a split of boxes moved": Kind(True, boxes.split_moved),
    "a split of boxes at another coordinate": Kind(True, boxes.split_renamed),
    "boxes made up": Kind(True, boxes.made_up),
    "a box dropped": Kind(True, boxes.dropped),
    "a box added": Kind(True, boxes.added),
    **{f"{name}, bound just above the least loss": Kind(True, lies.after(make, lies.least_below)) for name, make in (
        ("a window of boxes narrowed", boxes.window_narrowed),
        ("a cut of boxes changed", boxes.cut_changed),
        ("the times of a cut of boxes changed", boxes.times_changed),
        ("a split of boxes moved", boxes.split_moved),
        ("boxes made up", boxes.made_up),
    )},
    "a window of boxes emptied, bound the least loss, strict": Kind(True, lies.after(
        boxes.window_emptied, lies.least_strict
    )),
    "a split of boxes moved, bound the second least loss": Kind(True, lies.after(boxes.split_moved, lies.next_loss)),
    "boxes made up, bound the least loss, strict": Kind(True, lies.after(boxes.made_up, lies.least_strict)),
    "a box malformed": Kind(False, boxes.malformed(
        None, True, 0, "window", [], [0], [0, 0, 0], [-1, 0], [0, None], [0, "1/0"], [True, 0], {"window": []},
        {"window": [0, 0]}, {"window": [-1]}, {"window": True}, {"cut": [1]}, {"times": 1}, {"cut": [0], "times": 1},
        {"cut": [], "times": 1}, {"cut": [1], "times": -1}, {"window": [0], "times": 1}, {"box": 0},
    )),
    "boxes misplaced": Kind(False, boxes.misplaced),
    # Fixed values
    "a value fixed": Kind(True, damage.value_fixed),
    "a value fixed wrongly": Kind(False, damage.bad_fixed),
    # Form
    "key removed": Kind(False, lies.without(
        "format", "version", "sha256", "upper.loss", "upper.parameters", "lower.bound", "lower.strict",
        "lower.grounds", "lower.grounds.kind", "lower.grounds.left", "lower.grounds.last", "lower.grounds.sizes",
        "lower.grounds.sizes.pre", "lower.grounds.sizes.unit", "lower.grounds.sizes.right",
    )),
    "both parts removed": Kind(False, lies.no_parts),
    "key added": Kind(False, damage.added),
    "key twice": Kind(False, damage.twice),
    "loss no number": Kind(False, damage.put("upper", "loss", *NO_NUMBERS)),
    "bound no number": Kind(False, damage.put("lower", "bound", *NO_NUMBERS[1:])),
    "strict no boolean": Kind(False, damage.put("lower", "strict", 0, 1, "false", None, [])),
    "parameters no list": Kind(False, damage.put("upper", "parameters", None, {}, "", 0, [[]], [None])),
    "part no object": Kind(False, damage.put("", "upper", *NO_OBJECTS)),
    "other part no object": Kind(False, damage.put("", "lower", *NO_OBJECTS)),
    "grounds no object": Kind(False, damage.put("lower", "grounds", *NO_OBJECTS, "enumeration")),
    "sha256 no digest": Kind(False, damage.put("", "sha256", "", "0" * 63, "g" * 64, None, 0)),
    "format changed": Kind(False, damage.put("", "format", "dnnt-instance", "", None, 1)),
    "version changed": Kind(False, damage.put("", "version", 0, 2, "1", None, True, 1.5)),
    "cut off": Kind(False, damage.cut),
    "gzip cut off": Kind(False, damage.cut_gzip),
    "rubbish appended": Kind(False, lambda body, spot: json.dumps(body).encode() + b"}"),
    "in UTF-16": Kind(False, lambda body, spot: json.dumps(body).encode("utf-16")),
    "the instance in its place": Kind(False, lambda body, spot: spot.case.raw),
    "no certificate at all": Kind(False, damage.files(
        b"", b" ", b"null", b"[]", b"0", b'""', b"{}", b"NaN", b"\xff\xfe\x00", b"[" * 200_000, b'{"a":' * 100_000,
        b"\x1f\x8b", b"VALID optimal 0",
    )),
}  # fmt: skip
"""Every way by its name."""
