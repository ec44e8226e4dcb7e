"""From bytes to Python values: gzip and JSON, with every limit that a hostile file could try.

The JSON reader of the standard library does the parsing; its hooks make every number exact, refuse repeated keys and
NaN, and keep the caller's watch alive. Large files of strings or lists, which call no hook, go through the library's
slower scanner in Python, which can be interrupted anywhere. Before parsing, the memory that the values will take is
bounded from the number of brackets, commas and quotes.
"""

from __future__ import annotations

import hashlib
import json
import json.decoder
import json.scanner
import zlib
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

from dnnt_check.budget import Invalid, Work
from dnnt_check.numbers import Number, read_decimal, read_integer, read_string, shown

#: Files may not unpack to more than this many bytes.
MAXIMUM_BYTES = 2**30

#: From so many values that call no hook (strings, lists, literals) on the interruptible scanner is used.
SILENT = 500_000

#: So many digits in a row, all written as 0, are a long number (or stand in a text, which does no harm).
LONG = b"0" * 18
DIGITS = bytes.maketrans(b"123456789", b"000000000")

#: The type of all numbers in most lists.
WHOLE = frozenset((int,))

# The parts of the library's reader that are written in Python are there, but not in its type information.
_LIBRARY: Any = json

#: A place inside a file: a text, or a place and a key or index in it.
Place = str | tuple[Any, str | int]


def where(place: Place) -> str:
    """The text of a place, such as edges[3].weights[0]."""
    if isinstance(place, str):
        return place
    parent, key = place
    text = where(parent)
    if isinstance(key, int):
        return f"{text}[{key}]"
    return f"{text}.{key}" if text else key


def fault(place: Place, text: str) -> Invalid:
    """An error that names its place."""
    return Invalid(f"{where(place)}: {text}")


def unpack(data: bytes, name: str, work: Work) -> tuple[bytes, str]:
    """The bytes of a file, decompressed if they begin like gzip, and their SHA-256 in hexadecimal."""
    if data[:2] == b"\x1f\x8b":
        data = _gunzip(data, name, work)
    if len(data) > MAXIMUM_BYTES:
        raise Invalid(f"{name}: more than 1 GiB")
    digest = hashlib.sha256()
    for start in range(0, len(data), 2**23):
        digest.update(data[start : start + 2**23])
        work.spend(0.01)
    return data, digest.hexdigest()


def _gunzip(data: bytes, name: str, work: Work) -> bytes:
    pieces: list[bytes] = []
    total = 0
    rest = data
    while rest[:2] == b"\x1f\x8b":
        engine = zlib.decompressobj(wbits=31)
        position = 0
        pending = b""
        while not engine.eof:
            if not pending:
                pending = rest[position : position + 2**20]
                position += len(pending)
                if not pending:
                    raise Invalid(f"{name}: the gzip file is cut off")
            try:
                piece = engine.decompress(pending, 2**22)
            except zlib.error as error:
                raise Invalid(f"{name}: damaged gzip file ({error})") from None
            pending = engine.unconsumed_tail
            total += len(piece)
            if total > min(MAXIMUM_BYTES, work.memory):
                raise Invalid(f"{name}: unpacks to more than 1 GiB (or than the memory allowed)")
            if piece:
                pieces.append(piece)
            work.spend(0.002 + len(piece) * 4e-9)
        rest = engine.unused_data + rest[position:]
    if rest.strip(b"\0"):
        raise Invalid(f"{name}: data behind the end of the gzip file")
    return b"".join(pieces)


def _counted(function: Callable[..., Any], work: Work) -> Callable[..., Any]:
    """The function, with its calls reported as work."""

    def counted(*arguments: Any) -> Any:
        work.spend(1e-6)
        return function(*arguments)

    return counted


class _Decoder(json.JSONDecoder):
    """The standard decoder, whose scanner calls back for every value (for integers where they are not plain)."""

    def __init__(self, work: Work, interruptible: bool, plain: bool) -> None:
        def integer(text: str) -> int:
            return read_integer(text, work)

        def decimal(text: str) -> Number:
            return read_decimal(text, work)

        def constant(text: str) -> Number:
            raise Invalid(f"{text} is not a number that can be used")

        def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
            work.spend(len(items) * 2e-7)
            result = dict(items)
            if len(result) != len(items):
                seen: set[str] = set()
                for key, _ in items:
                    if key in seen:
                        raise Invalid(f"the key {shown(key)} is repeated")
                    seen.add(key)
            return result

        super().__init__(
            parse_int=None if plain else integer,
            parse_float=decimal,
            parse_constant=constant,
            object_pairs_hook=pairs,
        )
        if interruptible:
            self.parse_string = _counted(_LIBRARY.decoder.scanstring, work)
            self.parse_array = _counted(_LIBRARY.decoder.JSONArray, work)
            self.scan_once = _LIBRARY.scanner.py_make_scanner(self)


def parse(data: bytes, name: str, work: Work) -> Any:
    """The JSON value in the bytes.

    Raises:
        Invalid: not UTF-8, not JSON, a repeated key, a number that is too long, nesting too deep.
    """
    strings, lists, objects = data.count(b'"') // 2, data.count(b"["), data.count(b"{")
    work.pause()
    size = len(data) * (1 if data.isascii() else 4) * 2 + data.count(b".") * 150
    size += (strings + lists + data.count(b",")) * 90 + objects * 240
    work.hold(size, f"reading {name}")
    # Integers of few digits need no hook: the library's own way of reading them is quick, if there are not too many.
    values = data.count(b",") + lists + objects
    plain = strings + values <= SILENT and LONG not in data.translate(DIGITS)
    literals = data.count(b"null") + data.count(b"true") + data.count(b"false")
    silent = strings + lists + literals - 8 * objects
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Invalid(f"{name}: not UTF-8 (byte {error.start})") from None
    try:
        work.spend(values * 2e-7 if plain else 0.0)
        return _Decoder(work, silent > SILENT, plain).decode(text)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise Invalid(f"{name}: not JSON at {place}: {error.msg}") from None
    except RecursionError:
        if work.interrupted:
            raise
        raise Invalid(f"{name}: nested too deeply") from None
    except Invalid as error:
        if work.interrupted or type(error) is not Invalid:
            raise
        raise Invalid(f"{name}: {error}") from None


# ---------------------------------------------------------------- shapes


def record(value: Any, place: Place, needed: Sequence[str], optional: Sequence[str] = ()) -> Any:
    """An object that has the needed keys and no others than these and the optional ones."""
    if type(value) is dict and tuple(value) == needed:
        return value  # What most are.
    if not isinstance(value, dict):
        raise fault(place, f"an object is expected, not {shown(value)}")
    for key in value:
        if key not in needed and key not in optional:
            raise fault(place, f"unknown key {shown(key)}")
    for key in needed:
        if key not in value:
            raise fault(place, f"the key {shown(key)} is missing")
    return value


def array(value: Any, place: Place) -> list[Any]:
    """A list."""
    if not isinstance(value, list):
        raise fault(place, f"a list is expected, not {shown(value)}")
    return value


def text(value: Any, place: Place) -> str:
    """A string."""
    if not isinstance(value, str):
        raise fault(place, f"a string is expected, not {shown(value)}")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise fault(place, "half of a surrogate pair is no character") from None
    return value


def integer(value: Any, place: Place, least: int) -> int:
    """An integer that is at least `least`; a JSON number such as 2.0 is one."""
    if type(value) is not int:
        raise fault(place, f"an integer is expected, not {shown(value)}")
    if value < least:
        raise fault(place, f"an integer >= {least} is expected")
    return value


def boolean(value: Any, place: Place) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise fault(place, f"true or false is expected, not {shown(value)}")
    return value


def number(value: Any, place: Place, work: Work, hexadecimal: bool = False) -> Number:
    """An exact number: a JSON number, or a string that denotes one."""
    kind = type(value)
    if kind is int:
        return int(value)
    if kind is str:
        try:
            return read_string(value, hexadecimal, work)
        except Invalid as error:
            if work.interrupted:
                raise
            raise fault(place, str(error)) from None
    if kind is bool or value is None or isinstance(value, (list, dict)):
        raise fault(place, f"a number is expected, not {shown(value)}")
    assert isinstance(value, Fraction)
    return value


def numbers(value: Any, place: Place, work: Work, hexadecimal: bool = False) -> tuple[Number, ...]:
    """A list of exact numbers."""
    items = array(value, place)
    work.spend(len(items) * 2e-7)
    if WHOLE.issuperset(map(type, items)):
        return tuple(items)
    return tuple([number(item, (place, i), work, hexadecimal) for i, item in enumerate(items)])


def header(value: Any, place: Place, kind: str) -> None:
    """Check `format` and `version`."""
    if not isinstance(value, dict):
        raise fault(place, "an object is expected")
    if value.get("format") != kind:
        raise fault(place, f'"format" has to be "{kind}"')
    if type(value.get("version")) is not int or value["version"] != 1:
        raise fault(place, '"version" has to be 1')
