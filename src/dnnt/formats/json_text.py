"""Strict JSON with exact numbers, and files read once.

Numbers become `int` or `Fraction` exactly; duplicate keys, NaN and infinities, too long numbers and too deep nesting
are errors that name their place. The same bytes that are parsed can be hashed by the caller.
"""

from __future__ import annotations

import gzip
import json
import os
import sys
import zlib
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from secrets import token_hex
from typing import Any, NoReturn

from dnnt.errors import InvalidInput, shown
from dnnt.exact import LONG_BITS, MAX_DIGITS, from_json_token, integer_text

MAX_BYTES = 1 << 30
"""The most bytes that a file may unpack to."""


class _Broken:
    """A value that must not be in the file; found, with its place, by `_find_broken`."""

    __slots__ = ("fault", "remedy")

    def __init__(self, fault: str, remedy: str) -> None:
        self.fault = fault
        self.remedy = remedy


def read_bytes(path: str | Path) -> bytes:
    """The (decompressed) bytes of a file; `-` is standard input. Raises `InvalidInput` naming the file."""
    name = str(path) or '""'
    if name == "-" and sys.stdin is None:
        raise InvalidInput("standard input is closed", "give a file", file=name)
    try:
        raw = sys.stdin.buffer.read(MAX_BYTES + 1) if name == "-" else _contents(path)
    except IsADirectoryError:
        raise InvalidInput("is a directory", "give a file", file=name) from None
    except FileNotFoundError:
        raise InvalidInput("no such file", "check the path", file=name) from None
    except PermissionError:
        raise InvalidInput("no permission to read it", "change its permissions, or copy it", file=name) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InvalidInput(f"cannot be read ({reason})", "give a readable file", file=name) from None
    try:
        return decompressed(raw)
    except InvalidInput as error:
        error.file = name
        raise


def _contents(path: str | Path) -> bytes:
    with open(Path(path), "rb", buffering=0) as file:  # One read takes all: a buffer would be one copy more.
        return file.readall()


def check_writable(path: str | Path) -> None:
    """Raise `InvalidInput` where a file cannot be written, before there is anything to lose."""
    name, target = str(path) or '""', Path(os.path.realpath(path))
    try:
        target.stat()
        place = target
    except FileNotFoundError:
        place = target.parent
    except (OSError, ValueError) as error:
        raise _cannot_write(name, error) from None
    if target.is_dir():
        raise InvalidInput("is a directory", "name a file in it", file=name)
    if not target.parent.is_dir():
        raise InvalidInput("is in no existing directory", "make the directory, or give another path", file=name)
    if not os.access(place, os.W_OK):
        raise InvalidInput("no permission to write it", "give another path", file=name)


def _cannot_write(name: str, error: OSError | ValueError) -> InvalidInput:
    reason = getattr(error, "strerror", None) or str(error)
    return InvalidInput(f"cannot be written ({reason})", "give another path", file=name)


def write_bytes(path: str | Path, raw: bytes) -> None:
    """Write a file whole or not at all (gzipped where the name ends in `.gz`). Raises `InvalidInput` naming the file.

    A link is followed; what is no regular file (a pipe, a device) is written to, not replaced.
    """
    data = gzip.compress(raw, mtime=0) if str(path).endswith(".gz") else raw
    partial: Path | None = None
    try:
        target = Path(os.path.realpath(path))
        if target.exists() and not target.is_file():
            with target.open("wb") as file:
                file.write(data)
            return
        partial = target.with_name(f".{target.name}.{os.getpid()}.part")
        partial.write_bytes(data)
        partial.replace(target)
    except (OSError, ValueError) as error:
        if partial is not None:
            with suppress(OSError):
                partial.unlink(missing_ok=True)
        raise _cannot_write(str(path), error) from None


def decompressed(raw: bytes) -> bytes:
    """The bytes themselves, or what they unpack to if they are gzip (several members too), up to `MAX_BYTES`."""
    if len(raw) > MAX_BYTES:
        raise InvalidInput("more than 1 GiB", "give a smaller file")
    if raw[:2] != b"\x1f\x8b":
        return raw
    parts: list[bytes] = []
    total = 0
    while raw:
        member = zlib.decompressobj(wbits=31)
        try:
            part = member.decompress(raw, MAX_BYTES + 1 - total)
        except zlib.error as error:
            raise InvalidInput(f"damaged gzip data ({str(error).split(': ')[-1]})", "compress the file again") from None
        total += len(part)
        if total > MAX_BYTES:
            raise InvalidInput("unpacks to more than 1 GiB", "give a smaller file")
        if not member.eof:
            raise InvalidInput("the gzip data is cut off", "copy or compress the file again")
        parts.append(part)
        raw = member.unused_data.lstrip(b"\0")
    return b"".join(parts)


def parse(raw: bytes) -> Any:
    """The JSON value in the bytes, numbers exact. Raises `InvalidInput` with the place."""
    if not raw.strip():
        raise InvalidInput("the file is empty", "write a JSON object")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if b"\0" in raw[:1000]:
            raise InvalidInput("not a text file", "give a JSON file in UTF-8") from None
        line = raw.count(b"\n", 0, error.start) + 1
        raise InvalidInput("not UTF-8", "save the file in UTF-8", f"line {line}") from None
    hooks = _Hooks()
    try:
        value = json.loads(
            text,
            object_pairs_hook=hooks.object,
            parse_int=None if len(text) <= SMALL and LONG not in raw.translate(DIGITS) else hooks.number,
            parse_float=hooks.number,
            parse_constant=hooks.constant,
        )
    except json.JSONDecodeError as error:
        remedy = "correct the JSON there"
        if error.pos >= len(text.rstrip()):
            remedy = "the file ends too early: complete it"
        raise InvalidInput(
            f"not JSON ({error.msg[:1].lower()}{error.msg[1:]})",
            remedy,
            f"line {error.lineno} column {error.colno}",
        ) from None
    except RecursionError:
        raise InvalidInput("nested too deeply", "a file of this format needs no more than ten levels") from None
    if hooks.broken:
        _find_broken(value)
    if "\\u" in text:
        _find_surrogate(value)
    return value


SMALL = 4_000_000
"""Characters up to which a text without long integers is read without a call for each of them."""

LONG, DIGITS = b"0" * 18, bytes.maketrans(b"123456789", b"000000000")
"""So many digits in a row, all written as 0, show a long number (or stand in a string, which does no harm)."""

# Data hold the same decimals again and again: one value in memory serves them all.
_short_number = lru_cache(maxsize=1 << 16)(from_json_token)


class _Hooks:
    """What the JSON decoder calls; `broken` is set by the first value that must not be in the file."""

    def __init__(self) -> None:
        self.broken = False

    def number(self, token: str) -> Any:
        if len(token) < 18 and (token.isdigit() or token.lstrip("-").isdigit()):
            return int(token)
        try:
            return _short_number(token) if len(token) < 40 else from_json_token(token)
        except InvalidInput as error:
            return self._fault(error.fault, error.remedy)

    def constant(self, token: str) -> _Broken:
        remedy = f"write a finite number of at most {MAX_DIGITS:,} digits"
        return self._fault(f"{token} is not a number here", remedy)

    def object(self, pairs: list[tuple[str, Any]]) -> Any:
        made = dict(pairs)
        if len(made) < len(pairs):
            seen: set[str] = set()
            for key, _ in pairs:
                if key in seen:
                    return self._fault(f"the key {shown(key)} comes twice", "keep one of the two")
                seen.add(key)
        return made

    def _fault(self, fault: str, remedy: str) -> _Broken:
        self.broken = True
        return _Broken(fault, remedy)


def _find_broken(value: Any) -> None:
    """Raise for the first `_Broken` in the value, with its place. Without recursion: files may be deep."""
    stack = [(value, "")]
    while stack:
        at, place = stack.pop()
        if isinstance(at, _Broken):
            raise InvalidInput(at.fault, at.remedy, place)
        if isinstance(at, dict):
            stack.extend((v, f"{place}.{k}" if place else k) for k, v in reversed(list(at.items())) if not _plain(v))
        elif isinstance(at, list):
            stack.extend((at[i], f"{place}[{i}]") for i in reversed(range(len(at))) if not _plain(at[i]))


def _find_surrogate(value: Any) -> None:
    """Raise for the first string with half a surrogate pair (an escape can write one; UTF-8 cannot hold it)."""
    stack = [(value, "")]
    while stack:
        at, place = stack.pop()
        if isinstance(at, str) and any("\ud800" <= c <= "\udfff" for c in at):
            raise InvalidInput(f"{shown(at)} holds half a surrogate pair", "write whole characters", place)
        if isinstance(at, dict):
            stack.extend((v, f"{place}.{k}" if place else k) for k, v in reversed(list(at.items())))
            stack.extend((k, place) for k in at)
        elif isinstance(at, list):
            stack.extend((at[i], f"{place}[{i}]") for i in reversed(range(len(at))))


def _plain(value: Any) -> bool:
    return type(value) in (int, str)


def dumps(value: Any, indent: int | None = None) -> str:
    """JSON text; very long integers are written in less than quadratic time."""
    if not _has_long(value):
        text = json.dumps(value, indent=indent, ensure_ascii=False, default=_unwritable)
        return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode("utf-8")
    long: dict[str, str] = {}
    mark = token_hex(16)  # No string of a user's holds it.
    known: dict[int, Any] = {}  # Of lists: a value may hold one list many times.

    def replaced(part: Any) -> Any:
        if isinstance(part, int) and part.bit_length() > LONG_BITS:
            key = f"{mark}{len(long)}."
            long[json.dumps(key)] = integer_text(part)
            return key
        if isinstance(part, dict):
            return {k: v if type(v) is str else replaced(v) for k, v in part.items()}
        if isinstance(part, (list, tuple)):
            if id(part) not in known:
                known[id(part)] = part if _short(part) else [replaced(v) for v in part]
            return known[id(part)]
        return part

    text = json.dumps(replaced(value), indent=indent, ensure_ascii=False, default=_unwritable)
    known.clear()  # The function above holds itself, and this with it, until cycles are searched for.
    for key, digits in long.items():
        text = text.replace(key, digits)
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _has_long(value: Any) -> bool:
    """Whether there is an integer in the value that takes long to write."""
    stack: list[Any] = [value] if isinstance(value, (dict, list, tuple)) else [(value,)]
    seen: set[int] = set()  # Of lists: a value may hold one list many times.
    while stack:
        part = stack.pop()
        for each in part.values() if isinstance(part, dict) else part:
            kind = type(each)
            if kind is str or kind is bool:
                continue
            if kind is int:
                if each.bit_length() > LONG_BITS:
                    return True
            elif kind is dict:
                stack.append(each)
            elif isinstance(each, (list, tuple)):
                if id(each) not in seen:
                    seen.add(id(each))
                    stack.append(each)
            elif isinstance(each, (int, dict)):
                return True  # What is derived from these is left to the way that looks at everything.
    return False


def _short(part: list[Any] | tuple[Any, ...]) -> bool:
    """Whether these are all integers that are written quickly."""
    return all(type(v) is int and v.bit_length() <= LONG_BITS for v in part)


def _unwritable(value: Any) -> NoReturn:
    raise TypeError(f"{type(value).__name__} has no JSON form")
