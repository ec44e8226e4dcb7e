"""Reading grounds of the kind "clauses": shapes, types and indices that need no instance; nothing is believed yet."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dnnt_check.budget import Work
from dnnt_check.exchanging import Pair
from dnnt_check.grids import check_bits
from dnnt_check.losses import Vector
from dnnt_check.numbers import Number, shown
from dnnt_check.quantities import ATOMS, LETTERS, Key
from dnnt_check.reading import DIGITS, LONG, WHOLE, Place, array, fault, integer, number, record

#: Coefficients and quantities.
Parts = tuple[tuple[Number, Key], ...]

#: A letter, the number of a relation, the point that ["e", point] names, as (point,), or ("u", exchange).
Reason = str | int | tuple[int] | tuple[str, int]

#: Reasons that are one letter.
PLAIN = frozenset(("d", "m", "z", "o", "t", "y"))

#: A text of a proof has at most so many characters.
MOST_CHARACTERS = 1_000_000

#: Bytes for an integer of its own and its place in a list.
NUMBER = 40

#: Bytes for a number in a tuple that is kept, and for a tuple.
BYTES = 8
TUPLE = 80

#: Bytes for a literal and all that is kept of its quantity.
LITERAL = 1500


@dataclass(frozen=True, slots=True)
class Clauses:
    """What the grounds say.

    Attributes:
        sums: sums of quantities that have names of their own.
        literals: quantity, least and greatest value (None: no bound); the first one has the number 1.
        relations: sums of multiples that are said to be constant.
        order: variables and values, for symmetry.
        swaps: exchanges of variables in pairs, for symmetry.
        clauses: reasons and literals.
        proof: literals, 0, hints, 0, and so on.
    """

    sums: tuple[Parts, ...]
    literals: tuple[tuple[Key, Number | None, Number | None], ...]
    relations: tuple[Parts, ...]
    order: tuple[tuple[int, ...], Vector] | None
    swaps: tuple[tuple[Pair, ...], ...]
    clauses: tuple[tuple[Reason, tuple[int, ...]], ...]
    proof: Sequence[int]


def read_clauses(value: Any, place: Place, work: Work) -> Clauses:
    """The grounds from their JSON form."""
    record(value, place, ("kind", "sums", "literals", "relations", "clauses", "proof"), ("order", "swaps"))
    reading = _Reading(work)
    lists = {key: array(value[key], (place, key)) for key in ("sums", "literals", "relations", "clauses", "proof")}
    sums = tuple([reading.parts(item, ((place, "sums"), i), True) for i, item in enumerate(lists["sums"])])
    work.hold(len(lists["literals"]) * LITERAL, "the literals")
    literals = tuple([reading.literal(item, ((place, "literals"), i)) for i, item in enumerate(lists["literals"])])
    relations = tuple(
        [reading.parts(item, ((place, "relations"), i), False) for i, item in enumerate(lists["relations"])]
    )
    order = reading.order(value["order"], (place, "order")) if "order" in value else None
    if "order" in value and "swaps" in value:
        raise fault(place, "order and swaps do not go together")
    swaps = read_swaps(value["swaps"], (place, "swaps"), work) if "swaps" in value else ()
    work.hold(sum(map(len, filter(_is_list, lists["clauses"]))) * BYTES + len(lists["clauses"]) * TUPLE, "the clauses")
    here: Place = (place, "clauses")
    clauses = tuple([reading.clause(item, (here, i), len(literals)) for i, item in enumerate(lists["clauses"])])
    for i, (reason, _) in enumerate(clauses):
        if type(reason) is int and reason >= len(relations):
            raise fault((here, i), "there is no such relation")
        if reason == "y" and order is None:
            raise fault((here, i), 'the reason "y" needs an order')
        if type(reason) is tuple and reason[0] == "u" and reason[-1] >= len(swaps):
            raise fault((here, i), "there is no such exchange")
    work.spend(len(clauses) * 1e-7)
    return Clauses(
        sums, literals, relations, order, swaps, clauses, read_integers(lists["proof"], (place, "proof"), work)
    )


def read_swaps(value: Any, place: Place, work: Work) -> tuple[tuple[Pair, ...], ...]:
    """Exchanges: pairs of variables, all different."""
    found = []
    for j, item in enumerate(array(value, place)):
        pairs = []
        for i, pair in enumerate(array(item, (place, j))):
            here: Place = ((place, j), i)
            members = [integer(member, here, 0) for member in array(pair, here)]
            if len(members) != 2:
                raise fault(here, "a pair of variables is expected")
            pairs.append((members[0], members[1]))
            work.spend(3e-6)
        if len({member for pair in pairs for member in pair}) != 2 * len(pairs):
            raise fault((place, j), "a variable is repeated")
        found.append(tuple(pairs))
    return tuple(found)


def read_integers(items: list[Any], place: Place, work: Work) -> list[int]:
    """Integers, or texts of integers with commas between them, which are quicker to read."""
    work.spend(len(items) * 3e-8)
    if WHOLE.issuperset(map(type, items)):
        return items
    work.hold(sum([len(item) for item in items if type(item) is str]) * NUMBER // 2, "the proof")
    proof: list[int] = []
    for i, item in enumerate(items):
        if type(item) is not str:
            raise fault((place, i), "integers are expected, or texts of integers")
        if len(item) > MOST_CHARACTERS:
            raise fault((place, i), f"a text has more than {MOST_CHARACTERS} characters")
        data = item.encode(errors="replace")
        if data.translate(None, b"-0123456789,") or LONG in data.translate(DIGITS):
            raise fault((place, i), "integers with commas between them are expected")
        try:
            # What is left is quickly read by the library, which no text can lead astray.
            proof.extend(json.loads(b"[%b]" % data))
        except json.JSONDecodeError:
            raise fault((place, i), "integers with commas between them are expected") from None
        work.spend(1e-6 + len(item) * 2e-8)
    return proof


def _is_list(value: Any) -> bool:
    return type(value) is list


class _Reading:
    def __init__(self, work: Work) -> None:
        self.work = work
        self.keys: dict[Key, Key] = {}

    def key(self, value: Any, place: Place) -> Key:
        """A quantity; equal ones become one object."""
        items = array(value, place)
        letter = items[0] if items else None
        if type(letter) is not str or LETTERS.get(letter) != len(items) - 1:
            raise fault(place, "a quantity is expected: a letter and its indices")
        for index in items[1:]:
            if type(index) is not int or index < 0:
                raise fault(place, f"an index is expected, not {shown(index)}")
        found = tuple(items)
        return self.keys.setdefault(found, found)

    def number(self, value: Any, place: Place) -> Number:
        """A number that is not long."""
        result = number(value, place, self.work)
        check_bits((result,))
        return result

    def parts(self, value: Any, place: Place, only_atoms: bool) -> Parts:
        """A sum of multiples of quantities."""
        result = []
        for i, item in enumerate(array(value, place)):
            pair = array(item, (place, i))
            if len(pair) != 2:
                raise fault((place, i), "a pair [coefficient, quantity] is expected")
            key = self.key(pair[1], ((place, i), 1))
            if only_atoms and key[0] not in ATOMS:
                raise fault(((place, i), 1), "a sum may only be made of v, z, m, o and c")
            result.append((self.number(pair[0], ((place, i), 0)), key))
            self.work.spend(3e-6)
        return tuple(result)

    def literal(self, value: Any, place: Place) -> tuple[Key, Number | None, Number | None]:
        """A quantity and an interval."""
        triple = array(value, place)
        if len(triple) != 3:
            raise fault(place, "a triple [quantity, low, high] is expected")
        low, high = triple[1], triple[2]
        self.work.spend(3e-6)
        return (
            self.key(triple[0], (place, 0)),
            None if low is None else self.number(low, (place, 1)),
            None if high is None else self.number(high, (place, 2)),
        )

    def order(self, value: Any, place: Place) -> tuple[tuple[int, ...], Vector]:
        """Variables and values, all different."""
        pair = array(value, place)
        if len(pair) != 2:
            raise fault(place, "a pair [variables, values] is expected")
        variables = [integer(item, ((place, 0), i), 0) for i, item in enumerate(array(pair[0], (place, 0)))]
        values = [self.number(item, ((place, 1), i)) for i, item in enumerate(array(pair[1], (place, 1)))]
        self.work.spend((len(variables) + len(values)) * 2e-6)
        if len(set(variables)) != len(variables) or len(set(values)) != len(values):
            raise fault(place, "a variable or a value is repeated")
        return tuple(variables), tuple(values)

    def clause(self, value: Any, place: Place, count: int) -> tuple[Reason, tuple[int, ...]]:
        """A reason and literals."""
        if type(value) is not list or not value:
            raise fault(place, "a list that begins with a reason is expected")
        reason = value[0]
        literals = tuple(value[1:])
        self.work.spend(1e-6 + len(literals) * 1e-7)
        if literals:
            if not WHOLE.issuperset(map(type, literals)):
                raise fault(place, "literals are integers")
            if max(literals) > count or min(literals) < -count or 0 in literals:
                raise fault(place, "there is no such literal")
        if type(reason) is str:
            if reason in PLAIN:
                return reason, literals
        elif type(reason) is int:
            if reason >= 0:
                return reason, literals
        elif type(reason) is list and len(reason) == 2 and reason[0] == "e":
            return (integer(reason[1], (place, 0), 0),), literals
        elif type(reason) is list and len(reason) == 2 and reason[0] == "u":
            return ("u", integer(reason[1], (place, 0), 0)), literals
        raise fault(place, f"{shown(reason)} is no reason")
