"""What the paper's section on previous work lists: training with real weights, mostly of two layers.

Papers differ in small things, such as whether units have biases; a row speaks where the weights are real, the network
is fully connected and biases are all free or all 0, and says what was shown, by whom. About finite spaces nothing of
the list speaks: there the nearest is named.
"""

from __future__ import annotations

from dnnt.analysis.facts import Facts
from dnnt.analysis.rows import Row, exact_fit
from dnnt.exact import count, several

THRESHOLD = frozenset(("step", "sign"))

CONVEX = ("squared", "absolute", "maximum", "hinge")
"""Losses that are convex in the outputs."""

POWERS = ("squared", "absolute", "maximum", "zero_one")
"""With one output, the sums of |f - y|^p for p = 2, 1, 1 and 0."""


def _real(about: Facts) -> bool:
    """All weights are real, all biases real or all 0 by layer, and successive layers fully connected."""
    return about.continuous and about.full and "other" not in (about.hidden_bias, about.output_bias)


def _relu(about: Facts) -> bool:
    """Hidden ReLUs below linear outputs."""
    return (
        _real(about)
        and about.depth == 2
        and about.inputs > 0
        and about.hidden_activations == {"relu"}
        and about.output_activations == {"identity"}
    )


def _one_relu(about: Facts) -> bool:
    """One ReLU unit and one output: the unit itself, or a multiple of it."""
    alone = _real(about) and about.hidden == 0 and about.depth == 1 and about.output_activations == {"relu"}
    return about.inputs > 0 and about.outputs == 1 and (alone or (_relu(about) and about.hidden == 1))


def _thresholds(about: Facts) -> bool:
    """Two layers of thresholds (real thresholds) all the way."""
    return (
        _real(about)
        and about.depth == 2
        and about.inputs > 0
        and about.hidden_activations <= THRESHOLD
        and about.output_activations <= THRESHOLD
        and about.hidden_bias == "free"
        and about.output_bias == "free"
    )


def _units(about: Facts) -> str:
    return "ReLU" if "relu" in about.hidden_activations else "threshold"


def _discrete(about: Facts) -> bool:
    return not about.continuous and not about.restricted and about.flat and about.hidden > 0


def _says_goel(about: Facts) -> str:
    if about.hidden <= 1:
        return (
            "Whether one ReLU unit fits all samples exactly (gamma = 0) is decided in polynomial time by linear "
            "programming; NP-hardness begins with two units, or with a gamma above 0."
        )
    also = " (Boob, Dey and Lan 2022: also with a ReLU at the output)" if about.hidden == 2 else ""
    return (
        f"Whether k ReLU units fit all samples exactly is NP-hard for every k >= 2, here k = {count(about.hidden)}"
        f"{also}."
    )


HARD = (
    Row(
        "previous work: Dey, Wang and Xie 2020",
        lambda f: _one_relu(f) and f.loss == "squared" and f.gamma != 0,
        lambda f: (
            "Fitting one ReLU unit with the least squared loss is NP-hard if the number d of inputs may grow "
            f"(also Goel et al. 2021); here d = {count(f.inputs)}."
        ),
    ),
    Row(
        "previous work: Goel et al. 2021",
        lambda f: exact_fit(f) and ((_one_relu(f) and f.gamma == 0) or (_relu(f) and f.hidden > 1)),
        _says_goel,
    ),
    Row(
        "previous work: Boob, Dey and Lan 2022",
        lambda f: (
            _real(f)
            and f.depth == 2
            and f.inputs > 0
            and f.outputs == 1
            and f.hidden == 2
            and f.hidden_activations == f.output_activations == {"relu"}
            and exact_fit(f)
        ),
        lambda _: "Whether two hidden ReLU units and a ReLU output fit all samples exactly is NP-hard.",
    ),
    Row(
        "previous work: Froese, Hertrich and Niedermeier 2022",
        lambda f: (_one_relu(f) or _relu(f)) and f.outputs == 1 and f.loss in POWERS and (f.hidden > 1 or f.gamma != 0),
        lambda f: (
            "Already for one ReLU unit no algorithm takes time f(d) · n^o(d) under the Exponential Time Hypothesis: "
            f"the cost grows with d in the exponent, here d = {count(f.inputs)}."
        ),
    ),
    Row(
        "previous work: Froese and Hertrich 2024",
        lambda f: (
            _real(f)
            and f.depth == 2
            and f.inputs > 1
            and f.hidden > 1
            and f.hidden_bias == "free"
            and (f.hidden_activations == {"relu"} or f.hidden_activations <= THRESHOLD)
            and f.output_activations == {"identity"}
            and exact_fit(f)
        ),
        lambda f: (
            f"NP-hard already with two inputs if the number k of {_units(f)} units may grow; here "
            f"d = {count(f.inputs)}, k = {count(f.hidden)}."
        ),
    ),
    Row(
        "previous work: Bertschinger et al. 2023",
        lambda f: _relu(f) and f.inputs > 1 and f.outputs > 1 and f.hidden_bias == "free" and exact_fit(f),
        lambda f: (
            "Fitting all samples exactly is ∃R-complete, already with two inputs, two outputs and one hidden layer of "
            "ReLUs: optimal weights may be irrational, and the problem is not in NP unless NP = ∃R."
        ),
    ),
    Row(
        "previous work: Abrahamsen, Kleist and Miltzow 2021",
        lambda f: (
            f.continuous
            and f.plain
            and not f.full
            and f.weights != "other"
            and f.inputs > 1
            and f.outputs > 1
            and f.hidden_bias == f.output_bias == "free"
            and f.activations == {"identity"}
            and exact_fit(f)
        ),
        lambda _: (
            "∃R-complete for two layers of identities, if it may be chosen which edges there are: the problem is not "
            "in NP unless NP = ∃R."
        ),
    ),
    Row(
        "previous work: Blum and Rivest 1988",
        lambda f: _thresholds(f) and f.hidden == 2 and f.outputs == 1 and f.loss != "hinge",
        lambda _: "Whether two hidden thresholds and one at the output fit all samples is NP-complete.",
    ),
    Row(
        "previous work: Megiddo 1988",
        lambda f: _thresholds(f) and f.outputs == 1 and f.hidden > 1 and f.loss != "hinge",
        lambda f: (
            "The question in geometry: whether two sets of points can be separated by k hyperplanes is NP-complete "
            "for k = 2, and for d = 2; it is polynomial where k and d are fixed. Here k = "
            f"{count(f.hidden)}, d = {count(f.inputs)}."
        ),
    ),
    Row(
        "previous work: Judd 1988",
        lambda f: _thresholds(f) and f.outputs > 1 and f.loss != "hinge",
        lambda _: (
            "Whether a given network of thresholds can be made to fit given samples is NP-complete, even for shallow "
            "networks, if their edges are part of the input."
        ),
    ),
)

POSSIBLE = (
    Row(
        "previous work: Arora et al. 2018",
        lambda f: _relu(f) and f.outputs == 1 and f.loss in CONVEX,
        lambda f: (
            "With one output and a convex loss an optimum is found in time 2^k · n^(dk) · poly: polynomial in the "
            f"number n of samples for fixed d and k, here n = {f.samples}, d = {count(f.inputs)}, "
            f"k = {count(f.hidden)}."
        ),
    ),
    Row(
        "previous work: Pilanci and Ergen 2020",
        lambda f: _relu(f) and f.outputs == 1 and f.loss in CONVEX,
        lambda _: (
            "With a penalty on the weights added to the loss (another objective than here) and enough units, a convex "
            "program finds an optimum, in polynomial time for fixed d."
        ),
    ),
    Row(
        "previous work: Khalife, Cheng and Basu 2024",
        lambda f: (
            _real(f)
            and f.hidden > 0
            and f.hidden_bias == "free"
            and f.hidden_activations <= THRESHOLD
            and f.output_activations == {"identity"}
            and f.loss in CONVEX
        ),
        lambda f: (
            "Linear threshold units in any number of layers: polynomial in the number n of samples, exponential in the "
            f"size of the network and in d, here d = {count(f.inputs)}, {several(f.hidden, 'hidden unit')}."
        ),
    ),
)

NEAREST = (
    Row(
        "nearest: previous work",
        lambda f: f.continuous and not any(row.speaks(f) for row in (*HARD, *POSSIBLE)),
        lambda _: (
            "None of the classes of the paper's list contains this instance. Nearest are fully connected networks of "
            "two layers, with ReLU or threshold units and all weights real: NP-hard already for two units."
        ),
    ),
    Row(
        "nearest: previous work: Goel et al. 2021",
        lambda f: _discrete(f) and f.hidden_activations == {"relu"},
        lambda _: (
            "What the list knows of two layers of ReLUs is about real weights (NP-hard already for one unit), not "
            "about finite spaces."
        ),
    ),
    Row(
        "nearest: previous work: Blum and Rivest 1988",
        lambda f: _discrete(f) and f.hidden_activations <= THRESHOLD,
        lambda _: (
            "What the list knows of networks of thresholds is about real weights (NP-complete already for two hidden "
            "units and a threshold at the output), not about finite spaces."
        ),
    ),
)

PREVIOUS = (*HARD, *POSSIBLE, *NEAREST)
