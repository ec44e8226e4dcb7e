"""Errors that say whose fault it is, where it is, and what would be right.

`InvalidInput` is the user's data, `MethodUnsuitable` a good instance given to the wrong tool, `TooLarge` a value that
cannot be held, `InternalError` a fault of dnnt itself. Each prints as one line. Outcomes such as a time-out are data
(see `answer.Answer.stop`), not errors.
"""

from __future__ import annotations

from fractions import Fraction


class DnntError(Exception):
    """Base of all errors that dnnt raises on purpose."""


class InvalidInput(DnntError, ValueError):
    """The user's data is at fault: file, place, what is wrong, and what would be right."""

    def __init__(self, fault: str, remedy: str = "", place: str = "", file: str = "") -> None:
        super().__init__(fault)
        self.fault = fault
        self.remedy = remedy
        self.place = place
        self.file = file

    def __str__(self) -> str:
        head = ": ".join(part for part in (self.file, self.place, self.fault) if part)
        line = f"{head}; {self.remedy}" if self.remedy else head
        return " ".join(printable(line).split())

    def within(self, place: str) -> InvalidInput:
        """Prefix the place, e.g. `weights[0]` within `edges[3]` is `edges[3].weights[0]`."""
        if not self.place:
            self.place = place
        elif place:
            joint = "" if self.place.startswith("[") else "."
            self.place = f"{place}{joint}{self.place}"
        return self


class InvalidInstance(InvalidInput):
    """An instance (a file or a Python value) that the format does not allow."""


class InvalidParameters(InvalidInput):
    """Parameters that do not fit their instance."""


class InvalidProblem(InvalidInput):
    """A source problem of a reduction, or one of its solutions, that the format does not allow."""


class InvalidCertificate(InvalidInput):
    """A certificate file that cannot be read."""


class MethodUnsuitable(DnntError):
    """A good instance, the wrong method: says why, and which method takes it."""


class TooLarge(DnntError):
    """A value or structure too large to hold; says how large it would be."""


class InternalError(DnntError):
    """A fault of dnnt; the message says what to send with a report."""


class _At:
    """A context manager of its own: one made by `contextlib` takes four times as long, and files have many places."""

    __slots__ = ("_place",)

    def __init__(self, place: str) -> None:
        self._place = place

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if isinstance(error, InvalidInput):
            error.within(self._place)


def at(place: str) -> _At:
    """Add `place` to an `InvalidInput` raised inside the block."""
    return _At(place)


def shown(value: object, limit: int = 40) -> str:
    """A short printable form of a user's value for an error line, as a file would have it."""
    text = value if isinstance(value, str) else _written(value)
    text = printable(text)
    if len(text) > limit:
        text = text[: limit - 1] + "…"
    return f'"{text}"' if isinstance(value, str) else text


def _written(value: object) -> str:
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, int) and value.bit_length() > 400:
        return f"a number of about {int(value.bit_length() * 0.30103) + 1:,} digits"
    if isinstance(value, Fraction):
        return f"{value.numerator}/{value.denominator}" if value.denominator.bit_length() < 400 else "a long fraction"
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, (list, tuple)):
        return "a list" if value else "an empty list"
    return repr(value)


def printable(text: str) -> str:
    """`text` without control characters and lone surrogates, which a terminal cannot show."""
    return "".join(c if c.isprintable() else " " if c.isspace() else "\N{REPLACEMENT CHARACTER}" for c in text)
