"""Problems in the text formats of other programs: what a text means, and the line, with its number, that refuses it."""

from __future__ import annotations

import gzip
from pathlib import Path
from random import Random

import pytest

from dnnt.errors import InvalidInput
from dnnt.formats import problem_file
from dnnt.problems.csp import CSP, Constraint
from dnnt.problems.exact_cover import ExactCover
from dnnt.problems.straight_line import StraightLineProgram
from dnnt.problems.subset_sum import SubsetSum
from tests.formats.problem_reading import parsed, refusal

# Knapsacks


def test_knapsack() -> None:
    text = "\n3\r\n11 \n\n7 5\n0 6 2\n0\n\n"
    assert parsed(text, "kp") == (SubsetSum((5, 6, 0), 11), [])
    assert parsed("0 0", "kp")[0] == SubsetSum((), 0)
    assert parsed(b"\xef\xbb\xbf1 2\n3 4", "kp")[0] == SubsetSum((4,), 2)
    long = "7" * 100_000
    assert parsed(f"1 {long}\n1 {long}", "kp")[0] == SubsetSum((int(long),), int(long))


def test_long_knapsack() -> None:
    text = "100000\n5000\n" + "\n".join(f"{index} {index + 1}" for index in range(100_000))
    assert parsed(text, "kp")[0] == SubsetSum(tuple(range(1, 100_001)), 5000)


BAD_KNAPSACKS = {
    "": "the file is empty",
    " \n \n": "the file is empty",
    "3": "line 1: the file ends before the capacity",
    "2 5\n1 1\n1": "line 3: the file ends after 3 of 4 numbers",
    "2 5\n1 1": "line 2: the file ends after 2 of 4 numbers",
    "1 5\n1 1\n1 1": "line 3: more numbers than 1 items have",
    "1 5\n1 1 1": "line 2: more numbers than 1 items have",
    "1 5\n1 x": 'line 2: "x" is not an integer',
    "1 5\n1 1.5": 'line 2: "1.5" is not an integer',
    "1 5\n1 1e3": 'line 2: "1e3" is not an integer',
    "1 5\n1 +1": 'line 2: "+1" is not an integer',
    "1 5\n1 1_0": 'line 2: "1_0" is not an integer',
    "1 5\n1 ٣": 'line 2: "٣" is not an integer',
    "1 5\n1 -1": "line 2: -1 is negative",
    "1 5\n-1 1": "line 2: -1 is negative",
    "1\n-5\n1 1": "line 2: -5 is negative",
    "-1 5": "line 1: -1 is negative",
    f"{10**30} 5\n1 1": "line 2: the file ends after 2 of",
    f"{10**90_000} 5": "line 1: the file ends after 0 of a number of about",
    f"1 5\n1 {'1' * 100_001}": "line 2: a number of more than 100,000 digits",
    f"1 5\n1 {'1' * 1_000_000}": "line 2: a number of more than 100,000 digits",
    '{"format": "dnnt-problem"}': 'line 1: "{"format":" is not an integer',
}


@pytest.mark.parametrize("text", BAD_KNAPSACKS, ids=lambda text: text[:20])
def test_bad_knapsack(tmp_path: Path, text: str) -> None:
    assert refusal(tmp_path, text.encode(), "x.kp").startswith(BAD_KNAPSACKS[text])


# Graphs


def test_coloring() -> None:
    text = "c a triangle with a tail\nc\np edge 5 4\ne 1 2\ne 2 3\ne 3 1\ne 3 4\n\n"
    problem, warnings = parsed(text, "col", 3)
    assert isinstance(problem, CSP)
    assert not warnings
    assert problem.alphabet == (1, 2, 3)
    assert problem.variables == ("1", "2", "3", "4", "5")
    assert [constraint.scope for constraint in problem.constraints] == [("1", "2"), ("2", "3"), ("3", "1"), ("3", "4")]
    assert {frozenset(constraint.allowed) for constraint in problem.constraints} == {
        frozenset((a, b) for a in (1, 2, 3) for b in (1, 2, 3) if a != b)
    }
    # One list of pairs serves all edges.
    assert len({id(constraint.allowed) for constraint in problem.constraints}) == 1
    assert len(list(problem.solutions())) == 3 * 2 * 1 * 2 * 3
    two = parsed(text, "col", 2)[0]
    assert two.solve() is None
    assert parsed(text, "col", 0)[0].solve() is None
    assert parsed("p col 0 0", "col", 0)[0].solve() == {}


@pytest.mark.parametrize(
    ("text", "scopes", "warning"),
    [
        ("p edge 2 2\ne 1 2\ne 2 1", [("1", "2")], None),
        ("p edge 2 1\ne 2 1\ne 1 2\ne 2 1", [("2", "1")], None),
        ("p edge 2 2\ne 1 1\ne 1 2", [("1", "2")], "1 self-loop left out (the first in line 2)"),
        ("p edge 2 3\ne 1 2\ne 1 1\ne 2 2", [("1", "2")], "2 self-loops left out (the first in line 3)"),
        (
            "p edge 2 7\ne 1 2\ne 2 1",
            [("1", "2")],
            "the problem line promises 7 edges, and there are 2 (different ones: 1)",
        ),
        ("cc p edge 9 9\np col 2 1\ncomment\ne 1 2", [("1", "2")], None),
    ],
)
def test_edges(text: str, scopes: list[tuple[str, str]], warning: str | None) -> None:
    problem, warnings = parsed(text, "col", 2)
    assert isinstance(problem, CSP)
    assert [constraint.scope for constraint in problem.constraints] == scopes
    assert warnings == ([] if warning is None else [warning])


def test_large_graph() -> None:
    """Many edges share one list of pairs."""
    edges = "\n".join(f"e {index} {index + 1}" for index in range(1, 100_000))
    problem, warnings = parsed(f"p edge 100000 99999\n{edges}", "col", 40)
    assert isinstance(problem, CSP)
    assert len(problem.constraints) == 99_999 and not warnings
    assert problem.fault({str(index): index % 40 + 1 for index in range(1, 100_001)}) is None


BAD_GRAPHS = {
    "": "the file is empty",
    "c nothing": "no problem line",
    "e 1 2": "line 1: an edge before the problem line",
    "p edge 2 1\np edge 2 1": "line 2: a second problem line",
    "p edge 2": "line 1: not a problem line of a graph",
    "p cnf 2 1": "line 1: not a problem line of a graph",
    "p edge -1 0": "line 1: a negative number",
    "p edge 1 -1": "line 1: a negative number",
    "p edge x 0": 'line 1: "x" is not an integer',
    "p edge 1000001 0": "line 1: 1000001 vertices",
    f"p edge {10**20_000} 0": "line 1: a number of about 20,001 digits vertices",
    "p edge 2 1\ne 1 3": "line 2: there is no vertex 3",
    "p edge 2 1\n\ne 0 1": "line 3: there is no vertex 0",
    "p edge 2 1\ne 1": "line 2: 1 entries after e",
    "p edge 2 1\ne 1 2 3": "line 2: 3 entries after e",
    "p edge 2 1\ne 1 a": 'line 2: "a" is not an integer',
    f"p edge 2 1\ne 1 {'2' * 100_001}": "line 2: a number of more than 100,000 digits",
    "p edge 2 1\nx 1 2": 'line 2: "x" is no kind of line',
}


@pytest.mark.parametrize("text", BAD_GRAPHS, ids=lambda text: text[:20])
def test_bad_graph(tmp_path: Path, text: str) -> None:
    assert refusal(tmp_path, text.encode(), "x.col", 3).startswith(BAD_GRAPHS[text])


@pytest.mark.parametrize(
    ("colors", "expected"),
    [
        (None, "a graph needs a number of colors; give --colors K"),
        (-1, "colors: -1 is no number of colors"),
        (True, "colors: true is no number of colors"),
        (10**9, "colors: 1000000000 colors; give at most 1,000"),
    ],
)
def test_bad_number_of_colors(tmp_path: Path, colors: int | None, expected: str) -> None:
    assert refusal(tmp_path, b"p edge 2 1\ne 1 2", "x.col", colors).startswith(expected)


# Knuth's DLX text


def test_dancing_links() -> None:
    text = "| Knuth's first example\nc a b e f d g\n| options\nc e\n\na d g\n  b c f\na d f\nb g\nd e g\n"
    problem, warnings = parsed(text, "dlx")
    assert isinstance(problem, ExactCover)
    assert not warnings
    assert problem.universe == ("c", "a", "b", "e", "f", "d", "g")
    assert problem.sets[2] == ("b", "c", "f")
    assert problem.count is None
    assert list(problem.solutions()) == [(0, 3, 4)]
    assert problem.solve() == (0, 3, 4)


def test_secondary_items() -> None:
    """Rows are primary, columns secondary: two of three rooks' columns stay free or not, as the options leave them."""
    rooks = "\n".join(f"r{row} c{column}" for row in (1, 2) for column in (1, 2, 3))
    problem, warnings = parsed(f"r1 r2 | c1 c2 c3\n{rooks}", "dlx")
    assert isinstance(problem, ExactCover)
    assert warnings == ["3 secondary items: a set of its own, from index 6 on, may cover each"]
    assert problem.sets[6:] == (("c1",), ("c2",), ("c3",))
    placements = {tuple(index for index in chosen if index < 6) for chosen in problem.solutions()}
    assert len(list(problem.solutions())) == len(placements) == 6
    assert all(first // 3 == 0 and second // 3 == 1 and first % 3 != second % 3 for first, second in placements)


def test_dancing_links_without_options() -> None:
    assert parsed("a", "dlx")[0] == ExactCover(("a",), ())
    assert parsed("a |", "dlx") == (ExactCover(("a",), ()), [])
    assert parsed("a | b", "dlx")[1] == ["1 secondary item: a set of its own, from index 0 on, may cover each"]


BAD_COVERS = {
    "": "the file is empty",
    "| only a comment": "no line of items",
    "a b a\na": 'line 1: the item "a" comes twice',
    "a b | a\na": 'line 1: the item "a" comes twice',
    "a | b | c": 'line 1: a second "|"',
    "a b:c": 'line 1: "b:c" is no name of an item',
    "a b|c": 'line 1: "b|c" is no name of an item',
    "a b\n|\na c": 'line 3: unknown item "c"',
    "a b\nb a b": 'line 2: the item "b" comes twice',
    "a | b\na b:red": 'line 2: "b:red" has a color',
    "a | b\na | b": 'line 2: unknown item "|"',
}


@pytest.mark.parametrize("text", BAD_COVERS)
def test_bad_cover(tmp_path: Path, text: str) -> None:
    assert refusal(tmp_path, text.encode(), "x.dlx").startswith(BAD_COVERS[text])


# Sudokus

GRID = "534678912672195348198342567859761423426853791713924856961537284287419635345286179"
CLUES = "53..7....6..195....98....6.8...6...34..8.3..17...2...6.6....28....419..5....8..79"


def placed(grid: str) -> tuple[int, ...]:
    """The sets that put the digits of a full grid into their cells."""
    return tuple(9 * cell + int(digit) - 1 for cell, digit in enumerate(grid))


def test_sudoku() -> None:
    problem = problem_file.sudoku(CLUES)
    clues = sum(character != "." for character in CLUES)
    assert len(problem.sets) == 729
    assert len(problem.universe) == 324 + clues
    assert problem.count == 81
    assert problem.solve() == placed(GRID)
    assert problem.sets[81 * 4 + 9 * 0 + 4 - 1] == (
        "row 5 column 1",
        "row 5 digit 4",
        "column 1 digit 4",
        "box 4 digit 4",
        "clue row 5 column 1",
    )
    assert problem.sets[81 * 8 + 9 * 6 + 9 - 1] == (
        "row 9 column 7",
        "row 9 digit 9",
        "column 7 digit 9",
        "box 9 digit 9",
    )
    # A clue is in one set alone, and every other element in nine.
    held = [element for members in problem.sets for element in members]
    assert {held.count(element) for element in problem.universe[:324]} == {9}
    assert {held.count(element) for element in problem.universe[324:]} == {1}
    assert problem_file.sudoku(f" {CLUES.replace('.', '0')}\n") == problem


def test_full_and_contradictory_sudokus() -> None:
    full = problem_file.sudoku(GRID)
    assert full.solve() == placed(GRID)
    assert full.fault(placed(GRID.replace("5", "x").replace("3", "5").replace("x", "3"))) is not None
    assert problem_file.sudoku("55" + "." * 79).solve() is None
    # Exchanging two digits of an empty grid's solution gives a solution, that of a clue does not.
    exchanged = placed(GRID.translate(str.maketrans("12", "21")))
    assert problem_file.sudoku("." * 81).fault(exchanged) is None
    assert problem_file.sudoku(CLUES).fault(exchanged) is not None


@pytest.mark.parametrize(
    ("line", "place", "fault"),
    [
        ("", "", "0 characters"),
        ("." * 80, "", "80 characters"),
        ("." * 82, "", "82 characters"),
        ("." * 40 + "x" + "." * 40, "character 41", '"x" is no digit'),
        ("٣" * 81, "character 1", "is no digit"),
    ],
)
def test_bad_sudoku(line: str, place: str, fault: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        problem_file.sudoku(line)
    assert caught.value.place == place
    assert fault in caught.value.fault
    assert len(str(caught.value)) < 150


# Straight-line programs


@pytest.mark.parametrize(
    "text",
    [
        "a0 = 1\na1 = a0 + a0\na2 = a1 * a1\na3 = a2 - a0",
        "a1 = a0 + a0\na2 = a1 * a1\na3 = a2 - a0\n",
        "# a comment\n\na0=1 # one\n a1=a0+a0\r\na2 =a1*a1\n\n\ta3= a2-a0 # 3",
        "a01 = a00 + a0\na2 = a1 * a1\na3 = a2 - a0",
    ],
)
def test_straight_line_program(text: str) -> None:
    program, warnings = parsed(text, "slp")
    assert program == StraightLineProgram((("+", 0, 0), ("*", 1, 1), ("-", 2, 0)))
    assert not warnings


def test_program_without_steps() -> None:
    assert parsed("a0 = 1", "slp")[0] == StraightLineProgram()


def test_long_program() -> None:
    text = "\n".join(f"a{index} = a{index - 1} * a{index // 2}" for index in range(1, 100_001))
    program = parsed(text, "slp")[0]
    assert isinstance(program, StraightLineProgram)
    assert len(program.steps) == 100_000
    assert program.steps[-1] == ("*", 99_999, 50_000)
    assert problem_file.parse(problem_file.to_bytes(program)) == program


BAD_PROGRAMS = {
    "": "the file is empty",
    "# nothing\n": "no step",
    "a0 = 2": 'line 1: "a0 = 2" is no step',
    "a0 = 1\na0 = 1": 'line 2: "a0 = 1" is no step',
    "a1 = a0 + a0\na0 = 1": 'line 2: "a0 = 1" is no step',
    "a1 = a0 / a0": 'line 1: "a1 = a0 / a0" is no step',
    "a1 = a0 + 1": 'line 1: "a1 = a0 + 1" is no step',
    "a1 = a0 + a0 + a0": 'line 1: "a1 = a0 + a0 + a0" is no step',
    "a1 = a0 + a0; a2 = a1": "line 1: ",
    "A1 = A0 + A0": "line 1: ",
    "a1 = a0 + a٠": "line 1: ",
    "a2 = a0 + a0": "line 1: this is step 1, and it makes a2",
    "a1 = a0 + a0\n\na1 = a0 + a0": "line 3: this is step 2, and it makes a1",
    "a1 = a0 + a1": "line 1: a1 is not known before step 1",
    "a1 = a0 + a0\na2 = a1 * a7": "line 2: a7 is not known before step 2",
    f"a1 = a0 * a{'9' * 1000}": "line 1: a… is not known before step 1",
    f"a1 = a0 * a{'9' * 100_001}": "line 1: a number of more than 100,000 digits",
}


@pytest.mark.parametrize("text", BAD_PROGRAMS, ids=lambda text: text[:30])
def test_bad_program(tmp_path: Path, text: str) -> None:
    assert refusal(tmp_path, text.encode(), "x.slp").startswith(BAD_PROGRAMS[text])


@pytest.mark.parametrize("format", ["kp", "col", "dlx", "slp"])
@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"\n\n\xff\xfe", "line 3: not UTF-8"),
        (b"\0\xff\0\0", "not a text file"),
        (gzip.compress(b"1 1 1 1", mtime=0)[:-9], "the gzip data is cut off"),
    ],
)
def test_no_text(tmp_path: Path, format: str, raw: bytes, expected: str) -> None:
    assert refusal(tmp_path, raw, f"x.{format}", 2 if format == "col" else None).startswith(expected)


def test_same_relation_from_json_and_from_a_graph() -> None:
    """A coloring written as JSON is the same problem."""
    graph = parsed("p edge 3 2\ne 1 2\ne 2 3", "col", 3)[0]
    again = problem_file.parse(problem_file.to_bytes(graph))
    assert again == graph
    assert isinstance(again, CSP)
    assert again.constraints[0].allowed is again.constraints[1].allowed
    assert again.constraints[0] == Constraint(("1", "2"), ((1, 2), (1, 3), (2, 1), (2, 3), (3, 1), (3, 2)))


SEEDS = {
    "json": problem_file.to_bytes(CSP((1, "1"), ("u", "v"), (Constraint(("u", "v"), ((1, "1"),)),))),
    "kp": b"3\n11\n7 5\n0 6\n2 0\n",
    "col": b"c x\np edge 5 4\ne 1 2\ne 2 3\ne 3 1\ne 3 4\n",
    "dlx": b"| k\na b c | d e\na d\nb e\nc\n",
    "slp": b"a0 = 1\na1 = a0 + a0\na2 = a1 * a1 # x\na3 = a2 - a0\n",
}


@pytest.mark.parametrize("format", SEEDS)
def test_damaged_texts(format: str) -> None:
    """Whatever is done to a file: a problem that is written and read again, or one line that refuses it."""
    random = Random(9)
    pieces = [b"", b"9", b"-", b" ", b"\n", b"|", b"a1 ", b'"u"', b"null", b"[1]", b"\xff", b"99999999999999999999"]
    for _ in range(1500):
        raw = SEEDS[format]
        for _ in range(random.randrange(1, 4)):
            start = random.randrange(len(raw) + 1)
            raw = raw[:start] + random.choice(pieces) + raw[start + random.randrange(3) :]
        try:
            problem = problem_file.parse(raw, format, 3 if format == "col" else None, lambda text: None)
        except InvalidInput as error:
            assert error.fault and error.remedy
            assert len(str(error)) < 250
            continue
        assert problem_file.parse(problem_file.to_bytes(problem)) == problem
        found = problem.solve()
        assert found is None or problem.fault(found) is None
