"""Which theorems speak about an instance, and what they say in plain words.

`regime` says what is trivial about an instance, and whether given parameters can be checked in polynomial time. `ROWS`
are the theorems of the paper (I. Doron-Arad, On the Hardness of Training Deep Neural Networks Discretely, 2025) as
repaired here, and what `previous_work` adds. A row speaks about the instances of its class; where a class is only close
by, the row's name begins with "nearest". docs/theorems.md has the classes in full.
"""

from __future__ import annotations

from dataclasses import dataclass

from dnnt.analysis.facts import SEMIALGEBRAIC, Facts
from dnnt.analysis.previous_work import PREVIOUS
from dnnt.analysis.rows import Row, exact_fit
from dnnt.exact import count, several


@dataclass(frozen=True, slots=True)
class Statement:
    """A theorem (its number, or the paper that it is from), and what it says about instances of this kind."""

    theorem: str
    says: str


def statements(about: Facts) -> tuple[Statement, ...]:
    """The theorems that speak about an instance, those of the paper first."""
    if about.trivial:
        return ()
    return tuple(Statement(row.theorem, row.says(about)) for row in ROWS if row.speaks(about))


def regime(about: Facts) -> tuple[str, ...]:
    """The regime of an instance, in a few sentences."""
    if about.empty:
        return ("A space is empty, so there are no parameters at all, whatever the samples.",)
    if not about.samples:
        verdict = (
            "" if about.gamma is None else ", so gamma is reached" if about.gamma >= 0 else ", which is above gamma"
        )
        return (f"Without samples the total loss of every choice is 0{verdict}.",)
    if not about.outputs:
        return ("Without outputs every choice has the same loss: evaluating one of them settles everything.",)
    said = _continuous(about) if about.continuous else _restricted(about) if about.restricted else _discrete(about)
    return said if about.depth else (*said, "No output depends on the input.")


def _continuous(about: Facts) -> tuple[str, ...]:
    pure = about.weights != "other" and "other" not in (about.hidden_bias, about.output_bias)
    first = (
        "Continuous: weights may be any real numbers, so there is no list of choices to go through."
        if pure
        else "Mixed: some parameters may be any real number, others have a finite space. Theorems are about one or the "
        "other."
    )
    if about.activations <= SEMIALGEBRAIC and about.loss in ("squared", "absolute", "maximum", "zero_one", "hinge"):
        first += " The decision problem is in ∃R, which lies between NP and PSPACE."
    bias = "The papers named below mostly leave out the bias at the output."
    return (first, bias) if pure and about.output_bias == "free" and "relu" in about.hidden_activations else (first,)


def _restricted(about: Facts) -> tuple[str, ...]:
    if not about.edges:
        return ("There are no parameters: the outputs are constants, and one evaluation settles everything.",)
    first = "Restricted: every parameter has one option, so solving the instance is evaluating it."
    return (first, _lengths(about, "the evaluation takes polynomial time"))


def _discrete(about: Facts) -> tuple[str, ...]:
    first = (
        "Discrete, two layers."
        if about.flat
        else f"Discrete, deeper than two layers (depth {about.depth})."
        if about.depth > 2
        else "Discrete, but not of the two-layer form: outputs feed vertices, or constants form chains."
    )
    return (
        f"{first} {_lengths(about, 'given parameters are checked in polynomial time: the decision problem is in NP')}",
    )


def _lengths(about: Facts, then: str) -> str:
    """Whether numbers stay polynomially long, and what follows."""
    given = ", as long as the functions given from Python take polynomial time" if about.custom else ""
    if about.flat:
        return f"Numbers stay short, so {then}{given}."
    if about.short:
        few = "no activation multiplies" if not about.growth else "activations multiply at most twice on a path"
        return f"Numbers stay short, for {few}, so {then}{given}."
    return (
        f"Numbers may double in length at {about.growth} vertices one after the other, so even evaluating given "
        "parameters may take exponential time; the decision problem is not known to be in NP."
    )


IDENTITY = frozenset(("identity",))

KEEPING = IDENTITY | {"relu", "abs", "leaky_relu"}
"""Activations that are the identity on numbers >= 0."""


def _choosing(about: Facts) -> bool:
    return not about.continuous and not about.restricted and about.flat


def _in_1_3(about: Facts) -> bool:
    return (
        _choosing(about)
        and about.distinct == 1
        and about.inputs == 1
        and about.hidden > 0
        and about.activations == IDENTITY
        and exact_fit(about)
    )


def _in_1_4(about: Facts) -> bool:
    return (
        _choosing(about)
        and about.inputs == 1
        and about.outputs > 1
        and about.hidden > 0
        and about.activations == IDENTITY
    )


def _in_1_5(about: Facts) -> bool:
    return (
        _choosing(about)
        and about.depth > 0
        and about.hidden <= 1
        and about.outputs == 1
        and about.inputs > 1
        and about.distinct > 1
        and about.activations == IDENTITY
        and exact_fit(about)
    )


def _near(about: Facts) -> bool:
    return (
        _choosing(about)
        and about.depth > 0
        and about.activations <= KEEPING
        and exact_fit(about)
        and not (_in_1_3(about) or _in_1_4(about) or _in_1_5(about))
    )


def _near_1_3(about: Facts) -> bool:
    one = about.inputs == 1 or (about.distinct == 1 and about.inputs > 1)
    return _near(about) and one and (about.hidden > 0 or about.inputs > 1)


def _near_1_5(about: Facts) -> bool:
    return _near(about) and about.inputs > 1 and about.distinct > 1


def _says_1_1(about: Facts) -> str:
    if about.short:
        least = (
            "here one evaluation settles everything"
            if about.restricted
            else "here the hardness is in choosing the parameters, NP-hard already with two layers (Theorems 1.3 to "
            "1.5), and the cost grows with the number of choices"
        )
        return (
            "Deep networks are hard even to evaluate if activations such as z²/4 multiply on long paths. This network "
            f"has no such path: {least}."
        )
    return (
        "Deep networks that multiply are hard even with one option for every parameter: as hard as PosSLP, the sign of "
        "the integer that a straight-line program computes (Lemma 3.5 as repaired, with activations z and z²/4). "
        f"The cost grows with the depth, here {about.depth}, through the length of the numbers. The proof shows, under "
        "its assumptions, that checking given parameters is not in BPP; that the problem is outside NP does not follow."
    )


def _says_1_3(about: Facts) -> str:
    easy = (
        "but only weakly: it is easy while the numbers are small (Theorem 1.6), and the cost grows with their size"
        if about.outputs == 1
        else "though with one output it would be easy while the numbers are small (Theorem 1.6)"
    )
    return (
        "One hidden layer of identities, one input, one distinct sample: subset sum is a special case, so this is "
        f"NP-hard, {easy}."
    )


def _says_1_4(about: Facts) -> str:
    width = max(about.hidden, about.outputs)
    k = count(width)
    if about.binary and about.edges <= width * (width + 2):
        return (
            f"Identities, one input, {several(about.outputs, 'output')}, and all weights and biases in {{0, 1}}: at "
            f"most 4^(k² + 2k) choices for width k = {k}, so the problem is fixed-parameter tractable in k. The "
            "theorem's hard instances need larger weights; that 0 and 1 suffice is a mistake of the paper."
        )
    hard = (
        "even with small weights no algorithm takes time f(k) · N^o(k / log k), N the size of the instance, under "
        "the Exponential Time Hypothesis. "
        f"The cost grows with the width k = {k}"
    )
    if about.loss in ("pairs", "printed_pairs", "guarded", "table", "custom"):
        return (
            f"Identities, one input, {several(about.outputs, 'output')}: binary constraint satisfaction is a special "
            f"case, and {hard}."
        )
    weak = "; with this one it is at least NP-hard, by subset sum" if exact_fit(about) else ""
    return (
        f"Identities, one input, {several(about.outputs, 'output')}: with a loss that lists the allowed outputs binary "
        f"constraint satisfaction is a special case, and {hard}. This is not shown for the loss here{weak}."
    )


def _says_1_5(about: Facts) -> str:
    few = "" if about.edges > 3 else "; for fixed d there are only polynomially many choices"
    return (
        "One neuron with the identity and one output: exact cover is a special case, so the problem is NP-hard even "
        f"with weights 0 and 1. The cost grows with the number of samples, n = {about.distinct} distinct, and of "
        f"inputs, d = {about.inputs}: for fixed n small numbers are easy (Theorem 1.6){few}."
    )


def _says_near(name: str, theorem: str) -> Row:
    def says(about: Facts) -> str:
        others = about.activations - IDENTITY
        names = " and ".join(sorted(others)) + (" acts" if len(others) == 1 else " act")
        alike = f" (no number in it is negative, so {names} as the identity)" if others else ""
        return (
            f"{name}, by which Theorem {theorem} shows that identity activations are NP-hard, is a special case here "
            f"too{alike}."
        )

    return Row(f"nearest: {theorem}", _near_1_3 if theorem == "1.3" else _near_1_5, says)


def _says_1_6(about: Facts) -> str:
    exponent = "n" if about.outputs == 1 else "n·|T|"
    what = f"{several(about.distinct, 'distinct input')} and {several(about.outputs, 'output')}"
    return (
        f"A dynamic program takes time poly(|I|) · M^O({exponent}), here M^O({count(about.distinct * about.outputs)}) "
        f"for {what}, where M counts the grid points that a value can take, not its magnitude. The cost grows with "
        f"{exponent} in the exponent; few samples with small numbers are easy, however many units and inputs."
    )


ROWS = (
    Row("1.1", lambda f: not f.continuous and (f.restricted or not f.flat), _says_1_1),
    Row(
        "1.2",
        lambda f: f.continuous,
        lambda _: (
            "Discrete training reduces to continuous training (as repaired: with an output for every vertex and "
            "parameter, and a loss made for it), so in general continuous training is at least as hard, deep networks "
            "included."
        ),
    ),
    Row("1.3", _in_1_3, _says_1_3),
    Row("1.4", _in_1_4, _says_1_4),
    Row("1.5", _in_1_5, _says_1_5),
    _says_near("Subset sum", "1.3"),
    _says_near("Exact cover", "1.5"),
    Row("1.6", _choosing, _says_1_6),
    *PREVIOUS,
)
