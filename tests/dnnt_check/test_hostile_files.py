"""Whatever the bytes are, the answer is a verdict on one line, soon, and within the limits."""

from __future__ import annotations

import gzip
import json
import random
import time
import tracemalloc
import zlib
from fractions import Fraction
from typing import Any

import pytest

import dnnt_check
from dnnt_check import reading
from tests.dnnt_check.cases import certificate, encode, reachable
from tests.dnnt_check.test_corruptions import BEST, DATA, GOOD, INSTANCE, LOSS

CLAIM = encode(GOOD)


def refused(instance: bytes, claim: bytes, seconds: float = 5.0) -> str:
    """The reason why the files are not accepted; it comes soon."""
    begun = time.monotonic()
    verdict = dnnt_check.check(instance, claim, budget=60)
    assert time.monotonic() - begun < seconds
    assert not verdict.valid
    assert len(verdict.line.splitlines()) == 1
    return verdict.reason


def test_gzipped_files_are_unpacked() -> None:
    """The digest is that of the unpacked bytes; several members are one file."""
    packed = gzip.compress(DATA[:100]) + gzip.compress(DATA[100:])
    for instance in (DATA, gzip.compress(DATA), packed):
        for claim in (CLAIM, gzip.compress(CLAIM)):
            assert dnnt_check.check(instance, claim).line == f"VALID optimal {LOSS}"


@pytest.mark.parametrize("inputs", [10**6, 10**6 + 1, 10**9, 10**19, 10**40])
def test_very_many_inputs_without_samples(inputs: int) -> None:
    """A hundred bytes cannot make the checker build what they only name."""
    layers = [{"units": 1, "activation": "identity", "weights": [0, 1], "bias": [0]}]
    body = {
        "format": "dnnt-instance",
        "version": 1,
        "inputs": inputs,
        "layers": layers,
        "samples": [],
        "loss": "squared",
    }
    grounds = reachable([], "points")
    claim = encode(certificate(encode(body), lower=(Fraction(0), False, grounds)))
    if inputs < 10**8:
        assert dnnt_check.check(encode(body), claim).line == "VALID loss >= 0"
    else:
        assert "too much work" in refused(encode(body), claim)


@pytest.mark.parametrize("fixed", [None, [[0, 0, 1]]])
def test_many_units_with_very_many_inputs(fixed: list[list[Any]] | None) -> None:
    """Fixed values have every unit written out; all of them together must fit."""
    layers = [{"units": units, "activation": "relu", "weights": [0, 1], "bias": [0]} for units in (900, 1)]
    body = {"format": "dnnt-instance", "version": 1, "inputs": 10**7, "layers": layers, "samples": []}
    data = encode(body | {"loss": "squared"})
    claim = encode(certificate(data, lower=(Fraction(0), False, reachable([], "points")), fixed=fixed))
    if fixed:
        assert "too much work" in refused(data, claim)
    else:
        assert dnnt_check.check(data, claim).line == "VALID loss >= 0"


def test_numbers_that_hash_alike() -> None:
    values = [k * (2**61 - 1) for k in range(50_000)]
    edge = {"from": "s", "to": "t", "weights": [values], "bias": [0]}
    body = {"format": "dnnt-instance", "version": 1, "inputs": 1, "vertices": [{"id": "t", "activation": "identity"}]}
    body |= {"outputs": ["t"], "edges": [edge], "samples": [{"x": [1], "y": [3]}], "loss": "squared"}
    begun = time.monotonic()
    claim = encode(certificate(encode(body), lower=(Fraction(1), False, reachable([], "points"))))
    assert dnnt_check.check(encode(body), claim).line == "VALID loss >= 1"
    assert time.monotonic() - begun < 30


def test_byte_order_marks_are_ignored() -> None:
    marked = b"\xef\xbb\xbf" + DATA
    claim = certificate(marked, (BEST, LOSS))
    assert dnnt_check.check(marked, b"\xef\xbb\xbf" + encode(claim)).valid


@pytest.mark.parametrize("cut", [2, 10, 30, -1])
def test_cut_off_gzip(cut: int) -> None:
    assert "cut off" in refused(gzip.compress(DATA)[:cut], CLAIM)
    assert "cut off" in refused(DATA, gzip.compress(CLAIM)[:cut])


def test_damaged_gzip() -> None:
    data = bytearray(gzip.compress(DATA))
    data[len(data) // 2] ^= 255
    refused(bytes(data), CLAIM)
    assert "behind the end" in refused(gzip.compress(DATA) + b"rubbish", CLAIM)


def test_bomb(monkeypatch: pytest.MonkeyPatch) -> None:
    """What unpacks to too much is given up before it is unpacked."""
    monkeypatch.setattr(reading, "MAXIMUM_BYTES", 2**24)
    engine = zlib.compressobj(9, wbits=31)
    bomb = b"".join([engine.compress(b" " * 2**20) for _ in range(128)]) + engine.flush()
    tracemalloc.start()
    assert "more than 1 GiB" in refused(DATA, bomb)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2**26
    assert "more than 1 GiB" in refused(bomb, CLAIM)
    assert "more than 1 GiB" in refused(DATA, b" " * (2**24 + 1))


def test_memory_limit_of_reading() -> None:
    claim = b"[" + b"[]," * 200_000 + b"[]]"
    verdict = dnnt_check.check(DATA, claim, memory=2**20)
    assert verdict.line.startswith("INVALID too much work: reading the file needs about")


@pytest.mark.parametrize(
    "claim",
    [
        b"",
        b" ",
        b"\x00" * 100,
        b"\xff\xfe{}",
        b"\xef\xbb\xbf",
        b"\x1f\x8b",
        b"null",
        b"[]",
        b'"text"',
        b"1e999999999999",
        b"NaN",
        b'{"a": 1, "a": 1}',
        b'{"format": Infinity}',
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"[" * 100_000 + b"]" * 100_000,
        b'{"format": "dnnt-certificate"',
        b'{"format": "dnnt-certificate"} {}',
        b"9" * 200_000,
        b'{"version": 1.' + b"0" * 200_000 + b"}",
        b'{"version": 1e-100000}',
        b'"' + b"a" * 1_000_000 + b'"',
        b'{"format": "\\ud800"}',
    ],
)
def test_no_certificate(claim: bytes) -> None:
    refused(DATA, claim)
    assert "instance" in refused(claim, encode(certificate(claim, (BEST, LOSS)))) or claim[:2] == b"\x1f\x8b"


def test_many_strings_can_be_interrupted() -> None:
    """A file that calls no hook of the reader is read by the slower one."""
    calls = 0

    def watch() -> None:
        nonlocal calls
        calls += 1

    claim = b"[" + b'"a",' * 600_000 + b'"a"]'
    assert not dnnt_check.check(DATA, claim, watch=watch).valid
    assert calls > 20
    lists = b"[" + b"[],[1]," * 300_000 + b"null]"
    assert not dnnt_check.check(DATA, lists, watch=watch).valid


def mutations(data: bytes, rng: random.Random) -> bytes:
    """The bytes with a few of them changed, removed or doubled."""
    result = bytearray(data)
    for _ in range(rng.randint(1, 3)):
        place = rng.randrange(len(result))
        kind = rng.random()
        if kind < 0.4:
            result[place] = rng.choice(b'0123456789-./e[]{}",: xntf')
        elif kind < 0.7:
            del result[place : place + rng.randint(1, 6)]
        else:
            result[place:place] = result[place : place + rng.randint(1, 12)]
    return bytes(result)


@pytest.mark.parametrize("seed", range(12))
def test_damaged_text(seed: int) -> None:
    """Random damage never raises; what is still accepted is still true."""
    rng = random.Random(seed)
    for _ in range(60):
        verdict = dnnt_check.check(DATA, mutations(CLAIM, rng), budget=20)
        if verdict.valid:
            assert verdict.upper is None or verdict.upper >= LOSS
            assert verdict.lower is None or verdict.lower <= LOSS
        instance = mutations(DATA, rng)
        claim = certificate(instance, (BEST, LOSS), (LOSS, False, GOOD["lower"]["grounds"]))
        dnnt_check.check(instance, encode(claim), budget=20)


REPLACEMENTS: list[Any] = [None, True, 0, -1, 10**400, 0.5, "", "x", "1/2", [], [[]], [1], {}, {"kind": "table"}]


@pytest.mark.parametrize("seed", range(12))
def test_wrong_types_anywhere(seed: int) -> None:
    """A value anywhere in either file is replaced by another."""
    rng = random.Random(seed)

    def replaced(value: Any) -> Any:
        value = json.loads(json.dumps(value))
        while True:
            here = value
            while True:
                key = rng.choice(list(here) if isinstance(here, dict) else range(len(here)))
                if isinstance(here[key], (dict, list)) and here[key] and rng.random() < 0.8:
                    here = here[key]
                    continue
                here[key] = rng.choice(REPLACEMENTS)
                return value

    for _ in range(60):
        verdict = dnnt_check.check(DATA, encode(replaced(GOOD)), budget=20)
        if verdict.valid:
            assert verdict.lower is None or verdict.lower <= LOSS
        instance = encode(replaced(INSTANCE))
        claim = certificate(instance, (BEST, LOSS), (LOSS, False, GOOD["lower"]["grounds"]))
        dnnt_check.check(instance, encode(claim), budget=20)


# ---------------------------------------------------------------- limits


def layers(*units: Any, **more: Any) -> dict[str, Any]:
    return {
        "format": "dnnt-instance",
        "version": 1,
        "inputs": 1,
        "layers": [{"units": count, "activation": kind, "weights": w, "bias": b} for count, kind, w, b in units],
        "samples": [{"x": [3], "y": [0]}],
        "loss": "absolute",
        **more,
    }


def check(instance: dict[str, Any], lower: Any = None, upper: Any = None, **more: Any) -> dnnt_check.Verdict:
    data = encode(instance)
    claim = certificate(data, None, lower)
    if upper is not None:
        claim["upper"] = upper
    return dnnt_check.check(data, encode(claim), **more)


DEEP = layers(*[(1, "square", [1], [0])] * 60)


def test_numbers_that_explode() -> None:
    """Squares in a chain: 2^60 bits are not computed."""
    runs = [{"weights": [1], "bias": 0, "repeat": 60}]
    upper = check(DEEP, upper={"parameters": runs, "loss": 0}, budget=2)
    assert upper.line.startswith("INVALID too much work")
    lower = check(DEEP, (0, False, {"kind": "enumeration"}), budget=2)
    assert lower.line.startswith("INVALID too much work")


def test_fractions_that_explode() -> None:
    instance = layers(*[(1, "square", ["2/3"], [0])] * 60)
    found = check(instance, (0, False, {"kind": "enumeration"}), budget=2)
    assert found.line.startswith("INVALID too much work")


@pytest.mark.parametrize("grounds", [{"kind": "enumeration"}, reachable([], "points"), reachable([], "targets")])
def test_the_budget_is_kept(grounds: dict[str, Any]) -> None:
    items = [[0, 7**i] for i in range(60)]
    names = [f"h{i}" for i in range(60)]
    edges = [{"from": "s", "to": n, "weights": [w], "bias": [0]} for n, w in zip(names, items, strict=True)]
    edges += [{"from": n, "to": "t", "weights": [[1]], "bias": [0]} for n in names]
    instance = layers()
    del instance["layers"]
    instance |= {
        "vertices": [{"id": n, "activation": "identity"} for n in (*names, "t")],
        "outputs": ["t"],
        "edges": edges,
    }
    begun = time.monotonic()
    found = check(instance, (0, True, grounds), budget=1)
    assert time.monotonic() - begun < 3
    assert not found.valid


def test_the_memory_is_kept() -> None:
    weights = {"from": 0, "to": 10**6}
    instance = layers((1, "identity", weights, [0, "1/3", "1/7"]))
    grounds = reachable([], "points", pre=10**7, unit=10**7, left=10**7, right=10**7)
    found = check(instance, (1, False, grounds), memory=2**16)
    assert found.line.startswith("INVALID too much work")


def test_a_budget_of_nothing() -> None:
    assert dnnt_check.check(DATA, CLAIM, budget=0).line.startswith("INVALID too much work")


class Stop(Exception):
    """What a caller may raise."""


@pytest.mark.parametrize("kind", [Stop, KeyboardInterrupt, MemoryError, RecursionError, ValueError, TimeoutError])
def test_what_watch_raises_passes_through(kind: type[BaseException]) -> None:
    """At whichever call it comes."""
    for calls in (1, 2, 3, 5, 8, 20, 100):
        left = calls

        def watch() -> None:
            nonlocal left
            left -= 1
            if left == 0:
                raise kind("the caller's reason")

        instance = layers((3, "relu", {"from": -9, "to": 9}, [0, 1]), (1, "identity", [-1, 1, 2], [0]))
        try:
            check(instance, (10**6, False, reachable([[0, 1]], "points")), watch=watch)
        except kind as error:
            assert str(error) == "the caller's reason"
            assert left == 0
        else:
            assert left > 0


def test_watch_is_called_often() -> None:
    last = time.monotonic()
    longest = 0.0

    def watch() -> None:
        nonlocal last, longest
        now = time.monotonic()
        longest = max(longest, now - last)
        last = now

    instance = layers((3, "relu", {"from": -40, "to": 40}, [0, 1]), (1, "identity", [-1, 1, 2], [0]))
    instance["samples"].append({"x": [5], "y": [7]})
    check(instance, (0, False, {"kind": "nonnegative"}))
    last = time.monotonic()
    check(instance, (1, False, reachable([[0, 1]], "points")), watch=watch)
    # Fifty milliseconds on an idle machine; the machine of a test may be busy.
    assert longest < 0.5
