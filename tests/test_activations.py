"""Every activation against a second definition, and the range that it says it has."""

from __future__ import annotations

import json
import math
import pickle
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, strategies as st

from dnnt import digits
from dnnt.activations import KINDS, activation
from dnnt.errors import InvalidInput
from dnnt.exact import Number, normal

Z = st.fractions(-6, 6, max_denominator=6).map(normal)


def decimal(whole: int, places: str) -> Number:
    """A number with these digits behind the point, whatever its sign."""
    return normal(whole + Fraction(int(places or "0"), 10 ** len(places)))


LONG = st.one_of(
    st.integers(-(10**40), 10**40),
    st.builds(decimal, st.integers(-(10**12), 10**12), st.text("0123456789", max_size=30)),
    st.builds(lambda whole, places: decimal(whole, places + "1"), st.integers(-99, 99), st.text("059", max_size=9)),
    st.fractions(max_denominator=2000).map(normal),
)
"""Integers of many digits, numbers with an end of decimals and without."""

POINTS = [[-2, 1], ["-1/2", -1], [0, 4], [3, 4]]


def pieces(z: Number) -> Number:
    """The broken line through `POINTS`, slope 2 on the left and -1/3 on the right."""
    if z < -2:
        return 1 + 2 * (z + 2)
    if z < Fraction(-1, 2):
        return 1 - Fraction(4, 3) * (z + 2)
    if z < 0:
        return -1 + 10 * (z + Fraction(1, 2))
    return 4 if z < 3 else 4 - Fraction(1, 3) * (z - 3)


def behind_the_point(part: Fraction) -> str | None:
    """The decimals of a number in [0, 1), by long division; None where a remainder comes back before they end."""
    found, met = "", set()
    rest = part.numerator
    while rest:
        if rest in met:
            return None
        met.add(rest)
        digit, rest = divmod(10 * rest, part.denominator)
        found += str(digit)
    return found


def code(z: Number) -> Number:
    """An integer's digits and one for its sign behind the point."""
    if Fraction(z).denominator > 1 or z == 0:
        return 0
    return Fraction(f"0.{abs(int(z))}{1 if z > 0 else 2}")


def product(z: Number) -> Number:
    """What the digits behind the point stand for, times the floor."""
    below = math.floor(z)
    places = behind_the_point(Fraction(z) - below)
    if not places:
        return 0
    coded = int(places[:-1] or "0")
    return below * coded if places[-1] == "1" else -(below * coded)


def printed_code(z: Number) -> Number:
    """Z moved behind the point by the digits of its integer part."""
    return Fraction(z) * Fraction(1, 10 ** len(str(abs(math.trunc(z)))))


def printed_product(z: Number) -> Number:
    """The floor times the decimals read as an integer."""
    below = math.floor(z)
    return below * int(behind_the_point(Fraction(z) - below) or "0")


def windows(z: Number) -> Number:
    """The square inside (-4, 4), 0 on 4 <= |z| <= 9/2 and at |z| = 5, z elsewhere."""
    if -4 < z < 4:
        return z * z
    return 0 if max(z, -z) <= Fraction(9, 2) or z in (5, -5) else z


WINDOWS = {"kind": "windows", "inside": "square", "bound": 4, "zero": [[0, "9/2"], [5, 5]]}

SECOND: dict[str, tuple[Any, Callable[[Number], Number]]] = {
    "identity": ("identity", lambda z: z),
    "relu": ("relu", lambda z: sorted((z, 0))[1]),
    "sign": ("sign", lambda z: -1 if z < 0 else 1),
    "step": ("step", lambda z: int(not z < 0)),
    "abs": ("abs", lambda z: max(z, -z)),
    "square": ("square", lambda z: Fraction(z) ** 2),
    "quarter_square": ("quarter_square", lambda z: Fraction(z, 2) ** 2),
    "floor": ("floor", lambda z: math.floor(Fraction(z))),
    "clip": ({"kind": "clip", "low": -1, "high": "5/2"}, lambda z: sorted((-1, z, Fraction(5, 2)))[1]),
    "scale": ({"kind": "scale", "factor": "-2/3"}, lambda z: Fraction(-2 * z, 3)),
    "leaky_relu": ({"kind": "leaky_relu", "slope": "-1/4"}, lambda z: z if z > 0 else Fraction(-z, 4)),
    "constant": ({"kind": "constant", "value": "7/2"}, lambda z: Fraction(7, 2)),
    "table": (
        {"kind": "table", "values": [[0, 5], ["1/2", -1], [3, 0]], "otherwise": 2},
        lambda z: {Fraction(0): 5, Fraction(1, 2): -1, Fraction(3): 0}.get(Fraction(z), 2),
    ),
    "piecewise_linear": ({"kind": "piecewise_linear", "points": POINTS, "left": 2, "right": "-1/3"}, pieces),
    "digit_code": ("digit_code", code),
    "digit_product": ("digit_product", product),
    "printed_code": ("printed_code", printed_code),
    "printed_product": ("printed_product", printed_product),
    "windows": (WINDOWS, windows),
}
IRREGULAR = ("digit_code", "digit_product", "printed_code", "printed_product", "windows")
"""Kinds of which nothing is known between two arguments."""


def test_every_kind_is_here() -> None:
    assert set(SECOND) == set(KINDS)


@pytest.mark.parametrize("kind", SECOND)
@given(z=st.one_of(Z, LONG))
def test_value(kind: str, z: Number) -> None:
    written, second = SECOND[kind]
    value = activation(written)(z)
    assert value == second(z)
    assert type(value) is int or value.denominator > 1


@pytest.mark.parametrize("kind", sorted(set(SECOND) - set(IRREGULAR)))
@given(ends=st.tuples(Z, Z).map(sorted), inner=st.lists(st.fractions(0, 1, max_denominator=12), max_size=8))
def test_interval(kind: str, ends: list[Number], inner: list[Fraction]) -> None:
    low, high = ends
    function = activation(SECOND[kind][0])
    found = function.interval(low, high)
    assert found is not None
    width = high - low
    turns: list[Number] = [-2, Fraction(-1, 2), 0, Fraction(1, 2), 3]
    probes = [low, high, *(low + part * width for part in inner), *(z for z in turns if low <= z <= high)]
    values = [function(normal(z)) for z in probes]
    assert found[0] <= min(values)
    assert max(values) <= found[1]
    if kind not in ("table", "piecewise_linear", "floor"):
        assert found == (min(values), max(values))


def test_interval_is_tight_where_it_turns() -> None:
    line = activation(SECOND["piecewise_linear"][0])
    assert line.interval(-2, 3) == (-1, 4)
    assert line.interval(-3, 0) == (-1, 4)
    assert activation("square").interval(-2, 1) == (0, 4)
    assert activation({"kind": "leaky_relu", "slope": -1}).interval(-3, 2) == (0, 3)
    assert activation(SECOND["table"][0]).interval(1, 4) == (0, 2)


@pytest.mark.parametrize("kind", IRREGULAR)
def test_nothing_is_assumed_of_a_range(kind: str) -> None:
    function = activation(SECOND[kind][0])
    assert function.interval(-3, 3) is None
    assert function.interval(2, 2) is None


@pytest.mark.parametrize(
    ("kind", "z", "value"),
    [
        ("digit_code", 0, 0),
        ("digit_code", 1, "11/100"),
        ("digit_code", -1, "12/100"),
        ("digit_code", 10, "0.101"),
        ("digit_code", -1200, "0.12002"),
        ("digit_code", "1/2", 0),
        ("digit_code", "-1/3", 0),
        ("digit_product", 7, 0),
        ("digit_product", "7.101", 70),
        ("digit_product", "7.102", -70),
        ("digit_product", "-7.898", 8 * 10),  # floor -8, decimals 102: -(-8 · 10)
        ("digit_product", "-6.899", -70),  # floor -7, decimals 101
        ("digit_product", "0.31", 0),
        ("digit_product", "3.1", 0),
        ("digit_product", "3.25", -6),
        ("digit_product", "22/7", 0),
        ("digit_product", "-1/3", 0),
        ("printed_code", 0, 0),
        ("printed_code", 70, "7/10"),
        ("printed_code", -12, "-0.12"),
        ("printed_code", "1/3", "1/30"),
        ("printed_code", "-99/10", "-0.99"),
        ("printed_code", "100.5", "0.1005"),
        ("printed_product", "7.7", 49),
        ("printed_product", "7.70", 49),
        ("printed_product", "2.9", 18),
        ("printed_product", "-1.5", -10),
        ("printed_product", "7.05", 35),
        ("printed_product", 7, 0),
        ("printed_product", "7/3", 0),
        ("printed_product", "0.25", 0),
    ],
)
def test_digits_by_hand(kind: str, z: Any, value: Any) -> None:
    found = activation(kind)(normal(Fraction(z)))
    assert found == Fraction(value)
    assert type(found) is int or found.denominator > 1


@given(a=st.integers(-(10**20), 10**20), b=st.integers(-(10**20), 10**20))
def test_a_product_in_one_pre_activation(a: int, b: int) -> None:
    """Lemma 3.5, repaired: a + digit_code(b) is decoded to a·b, whatever the signs and trailing zeros."""
    assert activation("digit_product")(normal(a + activation("digit_code")(b))) == a * b


def test_numbers_in_another_form() -> None:
    """3/1 is an integer, though dnnt never writes it so."""
    assert activation("digit_code")(Fraction(3, 1)) == Fraction(31, 100)
    assert activation("printed_code")(Fraction(0, 1)) == 0
    assert activation("digit_product")(Fraction(5, 1)) == 0


def test_the_printed_product_is_wrong() -> None:
    both = activation("printed_code"), activation("printed_product")
    assert [both[1](normal(a + both[0](b))) for a, b in ((3, 4), (7, 10), (2, -1))] == [12, 7, 9]


def test_digits_of_long_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Past a length the work goes to python-flint: the same values, in normal form, and no quadratic time."""
    a, b = 3**400 * 10**20, -(7**300)
    cases = [a, b, normal(Fraction(a, 3)), normal(a + code(b)), normal(Fraction(b, 2**90 * 5**7)), Fraction(1, 5**200)]
    for kind, second in (("digit_code", code), ("digit_product", product), ("printed_code", printed_code)):
        expected = [second(z) for z in cases]
        monkeypatch.setattr(digits, "LONG_BITS", 20)
        found = [activation(kind)(z) for z in cases]
        assert found == expected
        for value in found:
            assert math.gcd(value.numerator, value.denominator) == 1
            assert type(value) is int or value.denominator > 1
        monkeypatch.undo()
    huge = 1 << 1_000_000
    assert activation("digit_product")(3 + activation("digit_code")(huge)) == 3 * huge


@pytest.mark.parametrize(
    ("z", "value"), [("7/2", "49/4"), (-3, 9), (4, 0), (-4, 0), ("9/2", 0), ("14/3", "14/3"), (5, 0), (-5, 0), (-6, -6)]
)
def test_windows_by_hand(z: Any, value: Any) -> None:
    assert activation(WINDOWS)(normal(Fraction(z))) == Fraction(value)


def test_windows_without_a_bound_or_zeros() -> None:
    nothing_inside = activation({"kind": "windows", "inside": {"kind": "constant", "value": 9}, "bound": 0, "zero": []})
    assert [nothing_inside(z) for z in (0, Fraction(1, 9), -7)] == [0, Fraction(1, 9), -7]
    assert not nothing_inside.is_constant
    overlapping = {"kind": "windows", "inside": "step", "bound": "1/2", "zero": [[1, 3], [2, "5/2"], [7, 7], [-2, -1]]}
    values = [activation(overlapping)(normal(Fraction(z))) for z in ("1/4", "-1/4", "1/2", "-1", "3", "10/3", "-7")]
    assert values == [1, 0, Fraction(1, 2), 0, 0, Fraction(10, 3), 0]


def test_how_long_values_may_get() -> None:
    assert activation(WINDOWS).squares(3)
    assert not activation(WINDOWS).squares(4)
    assert activation("quarter_square").squares(10**9)
    assert not activation("digit_product").squares(2)
    for kind in (*IRREGULAR, "square", "quarter_square"):
        assert activation(SECOND[kind][0]).doubles


@pytest.mark.parametrize("kind", SECOND)
def test_written_and_read(kind: str) -> None:
    first = activation(SECOND[kind][0])
    again = activation(json.loads(json.dumps(first.to_json())))
    assert again == first
    assert hash(again) == hash(first)
    assert first.is_constant == (kind == "constant")
    kept = pickle.loads(pickle.dumps(first))
    assert kept == first
    assert kept(Fraction(-7, 2)) == first(Fraction(-7, 2))


def test_from_python() -> None:
    cube = activation(lambda z: z**3)
    assert cube(Fraction(1, 2)) == Fraction(1, 8)
    assert cube.interval(0, 1) is None
    with pytest.raises(InvalidInput, match="Python function"):
        cube.to_json()
    with pytest.raises(InvalidInput, match="float"):
        activation(lambda z: float(z))(1)
    assert activation(cube) is cube
    assert cube.is_custom
    assert not activation(WINDOWS).is_custom


def tripled(z: Number) -> Number:
    """A function that can be pickled by its name."""
    return 3 * z


def test_windows_around_a_function() -> None:
    around = activation({"kind": "windows", "inside": tripled, "bound": 2, "zero": ()})
    assert around.is_custom
    with pytest.raises(InvalidInput, match="Python function"):
        around.to_json()
    again = pickle.loads(pickle.dumps(around))
    assert again == around
    assert [again(z) for z in (1, 2)] == [3, 2]


@pytest.mark.parametrize(
    ("given", "place"),
    [
        ("tanh", ""),
        ("ReLU", ""),
        (None, ""),
        (5, ""),
        ({"kind": "relu"}, ""),
        ({"low": 1}, ""),
        ({"kind": "clip", "low": 2, "high": 1}, ""),
        ({"kind": "clip", "low": 2}, ""),
        ({"kind": "clip", "low": 2, "high": 3, "slope": 1}, ""),
        ({"kind": "scale", "factor": True}, "factor"),
        ({"kind": "scale", "factor": 0.5}, "factor"),
        ({"kind": "table", "values": [[0, 1], [0, 2]], "otherwise": 0}, "values[1]"),
        ({"kind": "table", "values": [[0]], "otherwise": 0}, "values[0]"),
        ({"kind": "table", "values": {}, "otherwise": 0}, "values"),
        ({"kind": "piecewise_linear", "points": [], "left": 0, "right": 0}, "points"),
        ({"kind": "piecewise_linear", "points": [[1, 0], [1, 2]], "left": 0, "right": 0}, "points[1]"),
        ({"kind": "digit_code"}, ""),
        ("windows", ""),
        ({**WINDOWS, "bound": -1}, "bound"),
        ({**WINDOWS, "bound": None}, "bound"),
        ({**WINDOWS, "zero": [[1, 2], [3, "5/2"]]}, "zero[1]"),
        ({**WINDOWS, "zero": [[1]]}, "zero[0]"),
        ({**WINDOWS, "zero": 5}, "zero"),
        ({**WINDOWS, "zero": [[1, 2.5]]}, "zero[0][1]"),
        ({**WINDOWS, "inside": "tanh"}, "inside"),
        ({**WINDOWS, "inside": {"kind": "clip", "low": 2, "high": 1}}, "inside"),
        ({**WINDOWS, "inside": {"kind": "scale", "factor": None}}, "inside.factor"),
        ({**WINDOWS, "inside": WINDOWS}, "inside"),
        ({**WINDOWS, "inside": activation(WINDOWS)}, "inside"),
        ({"kind": "windows", "inside": "relu", "bound": 1}, ""),
        ({**WINDOWS, "otherwise": 0}, ""),
    ],
)
def test_no_activation(given: Any, place: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        activation(given)
    assert caught.value.place == place
    assert caught.value.remedy
    assert len(str(caught.value).splitlines()) == 1


def test_repeated_table_entry_of_one_value() -> None:
    assert activation({"kind": "table", "values": [[0, 1], ["0/1", 1]], "otherwise": 0})(0) == 1
