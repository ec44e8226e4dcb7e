"""Binary constraint satisfaction: which letters for the variables keep to all constraints? The source of Theorem 1.4.

A constraint allows some letters of one variable, or some pairs of letters of two. Solved by backtracking with forward
checking: the letters that remain for a variable are the bits of an integer, and the variable with fewest is next.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any, ClassVar, Self

from dnnt.errors import InvalidInput, InvalidProblem, at, shown
from dnnt.problems.base import Problem, Scalar, distinct_scalars, listed, scalar

_OBJECT = 'write {"scope": [u, v], "allowed": [[a, b], ...]}'


class _Relation(tuple[tuple[Scalar, ...], ...]):
    """What `relation` makes: distinct tuples of letters, all of one length."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Constraint:
    """The variables of `scope` (one or two, perhaps the same twice) take the letters of a tuple in `allowed`.

    `allowed` is a tuple of distinct tuples of letters, in the order given; it may be empty. What `relation` made is
    taken as it is, so that many constraints can share it.
    """

    scope: tuple[str, ...]
    allowed: tuple[tuple[Scalar, ...], ...]

    def __post_init__(self) -> None:
        scope = []
        with at("scope"):
            for index, name in enumerate(listed(self.scope)):
                with at(f"[{index}]"):
                    scope.append(_name(name))
            if len(scope) not in (1, 2):
                raise InvalidProblem(f"{len(scope)} variables", "a scope has one or two")
        object.__setattr__(self, "scope", tuple(scope))
        if not isinstance(self.allowed, _Relation):
            with at("allowed"):
                object.__setattr__(self, "allowed", relation(self.allowed, len(scope)))
        elif self.allowed and len(self.allowed[0]) != len(scope):
            raise InvalidProblem(
                f"{len(self.allowed[0])} letters for a scope of {len(scope)}", "give one each", "allowed"
            )


@dataclass(frozen=True, slots=True)
class CSP(Problem):
    """An alphabet (distinct strings and integers), variables (distinct strings) and constraints.

    Constraints are `Constraint` values, pairs (scope, allowed) or dictionaries as in a file. A solution is a dictionary
    that gives every variable a letter.
    """

    kind: ClassVar[str] = "csp"
    keys: ClassVar[tuple[str, ...]] = ("alphabet", "variables", "constraints")

    alphabet: tuple[Scalar, ...]
    variables: tuple[str, ...]
    constraints: tuple[Constraint, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "alphabet", distinct_scalars(self.alphabet, "alphabet"))
        object.__setattr__(self, "variables", _variables(self.variables))
        letters, variables = frozenset(self.alphabet), frozenset(self.variables)
        # Relations are checked once; equal ones that are read here become one.
        known: set[int] = set()
        shared: dict[tuple[tuple[Scalar, ...], ...], tuple[tuple[Scalar, ...], ...]] = {}
        with at("constraints"):
            given = listed(self.constraints)
        made = []
        for index, entry in enumerate(given):
            with at(f"constraints[{index}]"):
                constraint = entry
                if not isinstance(entry, Constraint):
                    constraint = _constraint(entry)
                    shared.setdefault(constraint.allowed, constraint.allowed)
                    object.__setattr__(constraint, "allowed", shared[constraint.allowed])
                for place, name in enumerate(constraint.scope):
                    if name not in variables:
                        raise InvalidProblem(
                            f"unknown variable {shown(name)}", 'list it in "variables"', f"scope[{place}]"
                        )
                if id(constraint.allowed) not in known:
                    _check_letters(constraint.allowed, letters)
                    known.add(id(constraint.allowed))
            made.append(constraint)
        object.__setattr__(self, "constraints", tuple(made))

    def fault(self, solution: Any) -> str | None:
        """None if every variable has a letter and every constraint holds, else why not."""
        try:
            letters = self.solution_from_json(solution)
        except InvalidInput as error:
            return f"{error.place}: {error.fault}" if error.place else error.fault
        variables = frozenset(self.variables)
        unknown = next((name for name in letters if name not in variables), None)
        if unknown is not None:
            return f"there is no variable {shown(unknown)}"
        alphabet = frozenset(self.alphabet)
        for name in self.variables:
            if name not in letters:
                return f"the variable {shown(name)} has no letter"
            if letters[name] not in alphabet:
                return f"{shown(letters[name])}, the letter of {shown(name)}, is not in the alphabet"
        sets: dict[int, frozenset[tuple[Scalar, ...]]] = {}
        for index, constraint in enumerate(self.constraints):
            allowed = sets.get(id(constraint.allowed))
            if allowed is None:
                allowed = sets[id(constraint.allowed)] = frozenset(constraint.allowed)
            taken = tuple(letters[name] for name in constraint.scope)
            if taken not in allowed:
                return f"constraint {index} does not allow {_pairs(constraint.scope, taken)}"
        return None

    def solutions(self) -> Iterator[dict[str, Scalar]]:
        """Every solution, in lexicographic order of variables and letters as listed."""
        for letters in product(self.alphabet, repeat=len(self.variables)):
            chosen = dict(zip(self.variables, letters, strict=True))
            if self.fault(chosen) is None:
                yield chosen

    def solve(self) -> dict[str, Scalar] | None:
        """A solution, or None."""
        letters = _Search(self).run()
        return None if letters is None else {name: self.alphabet[letters[name]] for name in self.variables}

    def fields(self) -> dict[str, Any]:
        """`alphabet`, `variables` and `constraints`."""
        lists: dict[int, list[list[Scalar]]] = {}
        constraints = []
        for constraint in self.constraints:
            key = id(constraint.allowed)
            if key not in lists:
                lists[key] = [list(letters) for letters in constraint.allowed]
            constraints.append({"scope": list(constraint.scope), "allowed": lists[key]})
        return {"alphabet": list(self.alphabet), "variables": list(self.variables), "constraints": constraints}

    @classmethod
    def from_fields(cls, body: Mapping[str, Any]) -> Self:
        """The problem with this `alphabet`, these `variables` and `constraints` (objects)."""
        if isinstance(body["constraints"], list):
            for index, entry in enumerate(body["constraints"]):
                if not isinstance(entry, dict):
                    raise InvalidProblem(f"{shown(entry)} is not an object", _OBJECT, f"constraints[{index}]")
        return cls(body["alphabet"], body["variables"], body["constraints"])

    def solution_json(self, solution: Any) -> dict[str, Scalar]:
        """The object variable -> letter, in the order of the variables."""
        letters = self.solution_from_json(solution)
        return {name: letters[name] for name in self.variables if name in letters} | letters

    def solution_from_json(self, value: Any) -> dict[str, Scalar]:
        """The letters in an object variable -> letter."""
        if not isinstance(value, Mapping):
            raise InvalidProblem(f"{shown(value)} is no object", 'write {"variable": letter, ...}')
        made = {}
        for name, letter in value.items():
            if not isinstance(name, str):
                raise InvalidProblem(f"{shown(name)} is no variable", "variables are strings")
            with at(shown(name)):
                made[str(name)] = scalar(letter)
        return made


def _name(given: object) -> str:
    name = scalar(given) if isinstance(given, str) else given
    if not isinstance(name, str):
        raise InvalidProblem(f"{shown(name)} is not a string", "variables are strings")
    return name


def _variables(given: object) -> tuple[str, ...]:
    with at("variables"):
        names = listed(given)
    made: dict[str, None] = {}
    for index, value in enumerate(names):
        with at(f"variables[{index}]"):
            name = _name(value)
            if name in made:
                raise InvalidProblem(f"{shown(name)} comes twice", "list each variable once")
            made[name] = None
    return tuple(made)


def _constraint(given: object) -> Constraint:
    if isinstance(given, Mapping):
        for key in given:
            if key not in ("scope", "allowed"):
                raise InvalidProblem(f"unknown key {shown(key)}", "a constraint has scope and allowed")
        for key in ("scope", "allowed"):
            if key not in given:
                raise InvalidProblem(f'missing key "{key}"', "a constraint has scope and allowed")
        return Constraint(given["scope"], given["allowed"])
    if isinstance(given, (list, tuple)) and len(given) == 2:
        return Constraint(*given)
    raise InvalidProblem(f"{shown(given)} is no constraint", _OBJECT)


def relation(given: object, arity: int) -> tuple[tuple[Scalar, ...], ...]:
    """The distinct tuples of `arity` letters in a list, checked once for all constraints that share them."""
    made: dict[tuple[Scalar, ...], None] = {}
    for index, entry in enumerate(listed(given)):
        try:
            letters = tuple(entry) if type(entry) in (list, tuple) else tuple(listed(entry))
            if len(letters) != arity:
                raise InvalidProblem(f"{len(letters)} letters for a scope of {arity}", "give one each")
            if not all(type(letter) is int or type(letter) is str for letter in letters):
                letters = tuple(scalar(letter) for letter in letters)
        except InvalidInput as error:
            raise error.within(f"[{index}]") from None
        made[letters] = None
    return _Relation(made)


def _check_letters(allowed: tuple[tuple[Scalar, ...], ...], alphabet: frozenset[Scalar]) -> None:
    for index, letters in enumerate(allowed):
        for letter in letters:
            if letter not in alphabet:
                fault = f"{shown(letter)} is not in the alphabet"
                raise InvalidProblem(fault, 'list it in "alphabet", or take it out here', f"allowed[{index}]")


def _pairs(scope: tuple[str, ...], letters: tuple[Scalar, ...]) -> str:
    return " and ".join(f"{shown(name)} = {shown(letter)}" for name, letter in zip(scope, letters, strict=True))


class _Search:
    """Backtracking over letters by position. A domain is an integer whose bits are the letters still possible."""

    def __init__(self, problem: CSP) -> None:
        self.variables = problem.variables
        self.domains = dict.fromkeys(problem.variables, (1 << len(problem.alphabet)) - 1)
        # For each variable: its neighbours, each with the letters that a letter of the variable leaves them.
        self.neighbours: dict[str, list[tuple[str, list[int]]]] = {name: [] for name in problem.variables}
        place = {letter: index for index, letter in enumerate(problem.alphabet)}
        tables: dict[int, tuple[list[int], list[int]]] = {}
        for constraint in problem.constraints:
            first, last = constraint.scope[0], constraint.scope[-1]
            if first == last:
                kept = (place[letters[0]] for letters in constraint.allowed if letters[0] == letters[-1])
                self.domains[first] &= sum(1 << index for index in set(kept))
                continue
            key = id(constraint.allowed)
            if key not in tables:
                tables[key] = _tables(constraint.allowed, place)
            self.neighbours[first].append((last, tables[key][0]))
            self.neighbours[last].append((first, tables[key][1]))

    def run(self) -> dict[str, int] | None:
        """The position of a letter for every variable, or None. Without recursion: there may be many variables."""
        chosen: dict[str, int] = {}
        # One entry a variable, in order of choice: its letters not tried yet, and the domains before its letter.
        stack: list[tuple[str, int, dict[str, int]]] = []
        while len(chosen) < len(self.variables):
            name = min((each for each in self.variables if each not in chosen), key=self._remaining)
            stack.append((name, self.domains[name], {}))
            while True:
                name, untried, changed = stack.pop()
                self.domains.update(changed)
                chosen.pop(name, None)
                if untried:
                    break
                if not stack:
                    return None
            lowest = untried & -untried
            letter = lowest.bit_length() - 1
            chosen[name] = letter
            stack.append((name, untried ^ lowest, self._narrow(name, letter, chosen)))
        return chosen

    def _remaining(self, name: str) -> tuple[int, int]:
        return self.domains[name].bit_count(), -len(self.neighbours[name])

    def _narrow(self, name: str, letter: int, chosen: dict[str, int]) -> dict[str, int]:
        """Take from the neighbours' domains what the letter excludes; returns the domains that were."""
        changed: dict[str, int] = {}
        for other, table in self.neighbours[name]:
            if other not in chosen:
                domain = self.domains[other]
                if domain & table[letter] != domain:
                    changed.setdefault(other, domain)
                    self.domains[other] = domain & table[letter]
        return changed


def _tables(allowed: tuple[tuple[Scalar, ...], ...], place: Mapping[Scalar, int]) -> tuple[list[int], list[int]]:
    """For each letter of the first variable the bits of the letters it allows for the second; and the reverse."""
    onward, back = [0] * len(place), [0] * len(place)
    for first, second in allowed:
        onward[place[first]] |= 1 << place[second]
        back[place[second]] |= 1 << place[first]
    return onward, back
