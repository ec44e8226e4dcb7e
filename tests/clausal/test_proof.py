"""Trimmed proofs are proofs, whatever clauses were given in between, and small."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from dnnt.clausal.proof import decoded, trimmed
from dnnt.clausal.solver import Solver
from dnnt.kernels import proof_walk
from dnnt.running import Run


def pigeons(holes: int, first: int = 0) -> list[list[int]]:
    """More pigeons than holes."""

    def sits(i: int, j: int) -> int:
        return first + i * holes + j + 1

    made = [[sits(i, j) for j in range(holes)] for i in range(holes + 1)]
    for j in range(holes):
        made += [[-sits(a, j), -sits(b, j)] for a, b in combinations(range(holes + 1), 2)]
    return made


def flat(clauses: list[list[int]]) -> list[int]:
    return [literal for clause in clauses for literal in (*clause, 0)]


def follow(clauses: list[list[int]], proof: list[int], strict: bool = True) -> int:
    """Go through a proof; how many steps it has. Unless `strict`, the last step is not looked at."""
    known = [list(clause) for clause in clauses]
    at = steps = 0
    while at < len(proof):
        end = proof.index(0, at)
        literals, stop = proof[at:end], proof.index(0, end + 1)
        false = set(literals)
        closed = False
        for hint in proof[end + 1 : stop]:
            free = [literal for literal in known[hint - 1] if literal not in false]
            if not free:
                closed = True
                break
            assert len(free) == 1
            false.add(-free[0])
        assert closed or (not strict and stop == len(proof) - 1)
        known.append(literals)
        at = stop + 1
        steps += 1
    assert not known[-1]
    return steps


@pytest.mark.parametrize("pieces", [1, 2, 5])
def test_proofs_of_clauses_given_in_pieces(pieces: int) -> None:
    extra = [[1000, 1001], [-1001, 1002, 1003], [1004, -1000]]  # Clauses that no proof needs.
    clauses = [*extra, *pigeons(5)]
    with Solver(Run(), True) as solver:
        size = -(-len(clauses) // pieces)
        for start in range(0, len(clauses), size):
            solver.add(flat(clauses[start : start + size]))
            model = solver.solve()
        assert model is None
        raw = solver.proof()
    found = trimmed(raw, flat(clauses), lambda: None)
    assert found is not None and not found.ends_in_a_clause
    used, proof = found.used.tolist(), found.proof.tolist()
    same = {abs(literal): abs(literal) for literal in flat(clauses) if literal}
    assert found.renamed(same) == proof
    assert used == sorted(set(used)) and not set(used) & {0, 1, 2}
    assert follow([clauses[k] for k in used], proof) > 10


def test_the_compiled_walks_are_the_plain_ones() -> None:
    from dnnt.kernels import proofs

    clauses = pigeons(5)
    with Solver(Run(), True) as solver:
        solver.add(flat(clauses))
        assert solver.solve() is None
        numbers = decoded(solver.proof())
    none = np.zeros(0, np.int64)
    plain, compiled = np.zeros((2, len(numbers)), np.int64)
    one = proof_walk.trim(numbers, len(clauses), plain, 0, 0, none)
    other = proofs.trim(numbers, len(clauses), compiled, 0, 0, none)
    assert one[1] == other[1] and one[0].tolist() == other[0].tolist()
    assert plain.tolist() == compiled.tolist()
    given = np.array(flat([clauses[k] for k in one[0]]), np.int64)
    proof = plain[: one[1]]
    assert proof_walk.follows(given, proof, 0) and proofs.follows(given, proof, 0)
    for place in range(0, len(proof), 97):
        wrong = proof.copy()
        wrong[place] = wrong[place] + 1 if wrong[place] else 3
        assert proofs.follows(given, wrong, 0) == proof_walk.follows(given, wrong, 0)


def test_a_literal_that_follows_although_assumptions_failed_before() -> None:
    holes = 4
    # Without the last pigeon's clause there is room; that it sits somewhere is the literal 100.
    clauses = pigeons(holes)
    clauses[holes] = [*clauses[holes], -100]
    clauses += [[101, 102], [-101, -102]]
    with Solver(Run(), True) as solver:
        solver.add(flat(clauses))
        assert solver.solve([100]) is None
        more = [[103, 104], [-100, 105], [-104, 100]]
        solver.add(flat(more))
        assert solver.solve() is not None
        assert solver.solve([104]) is None
        more.append([103, 106])
        solver.add(flat([[103, 106]]))
        for goal in (-100, -104):
            found = trimmed(solver.proof(), flat([*clauses, *more]), lambda: None, goal, solver.gaps)
            assert found is not None and found.ends_in_a_clause
            used = [[*clauses, *more][k] for k in found.used]
            steps = follow([*used, [-goal]], [*found.proof.tolist(), 0, len(used) + 1, 0], False)
            assert steps > 1
        last = [[100]]
        solver.add(flat(last))
        assert solver.solve() is None
        everything = [*clauses, *more, *last]
        whole = trimmed(solver.proof(), flat(everything), lambda: None, 0, solver.gaps)
        assert whole is not None
        assert follow([everything[k] for k in whole.used], whole.proof.tolist()) > 1


def test_numbers_of_the_file() -> None:
    assert decoded(b"").tolist() == []
    assert decoded(bytes([97, 0x80, 0x01, 0xFF, 0xFF, 0x7F, 0])).tolist() == [97, 128, 2**21 - 1, 0]
