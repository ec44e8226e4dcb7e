"""Source problems in the text formats of other programs: knapsacks, DIMACS graphs, Knuth's DLX, sudokus, programs.

Every error names the line. What a format says that its problem cannot hold is refused or, where nothing is lost by
leaving it out, told to `warn`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from dnnt.errors import InvalidProblem, at, shown
from dnnt.exact import from_text
from dnnt.problems.csp import CSP, Constraint, relation
from dnnt.problems.exact_cover import ExactCover
from dnnt.problems.straight_line import StraightLineProgram
from dnnt.problems.subset_sum import SubsetSum

Warn = Callable[[str], object]

MAX_COLORS = 1_000
"""With k colors a constraint allows k(k - 1) pairs: here a million."""

MAX_VERTICES = 1_000_000
"""The most vertices of a graph: a few bytes of a file could promise any number."""

_INTEGER = re.compile(r"-?[0-9]+\Z")
_STEP = re.compile(r"a([0-9]+)\s*=\s*a([0-9]+)\s*([-+*])\s*a([0-9]+)\Z", re.ASCII)
_ONE = re.compile(r"a0+\s*=\s*0*1\Z", re.ASCII)


def knapsack(raw: bytes) -> SubsetSum:
    """A `.kp` file: n, the capacity, n pairs of profit and weight. The weights are to fill the capacity."""
    words: list[int] = []
    places: list[int] = []
    for line, text in _lines(raw):
        for word in text.split():
            with at(f"line {line}"):
                value = _integer(word)
                if value < 0:
                    raise InvalidProblem(f"{shown(value)} is negative", "write 0 or more")
            words.append(value)
            places.append(line)
    if len(words) < 2:
        raise InvalidProblem(
            "the file ends before the capacity",
            "write the number of items, the capacity, then a profit and a weight for each item",
            f"line {places[-1] if places else 1}",
        )
    count, capacity, given = words[0], words[1], len(words) - 2
    if given < 2 * count:
        raise InvalidProblem(
            f"the file ends after {given} of {shown(2 * count)} numbers",
            f"write a profit and a weight for each of {shown(count)} items",
            f"line {places[-1]}",
        )
    if given > 2 * count:
        raise InvalidProblem(
            f"more numbers than {count} items have",
            "write a profit and a weight for each item, or correct the number of items",
            f"line {places[2 + 2 * count]}",
        )
    return SubsetSum(tuple(words[3::2]), capacity)


def coloring(raw: bytes, colors: int | None, warn: Warn) -> CSP:
    """A DIMACS `.col` file: color its vertices, neighbours differently. Doubled edges count once, loops not at all."""
    if colors is None:
        raise InvalidProblem("a graph needs a number of colors", "give --colors K")
    if type(colors) is not int or colors < 0:
        raise InvalidProblem(f"{shown(colors)} is no number of colors", "give an integer of 0 or more", "colors")
    if colors > MAX_COLORS:
        raise InvalidProblem(f"{shown(colors)} colors", f"give at most {MAX_COLORS:,}", "colors")
    vertices = promised = -1
    edges: dict[tuple[int, int], None] = {}
    lines = loops = first_loop = 0
    for line, text in _lines(raw):
        words = text.split()
        if not words or words[0].startswith("c"):
            continue
        with at(f"line {line}"):
            if words[0] == "p":
                if vertices >= 0:
                    raise InvalidProblem("a second problem line", "keep one")
                vertices, promised = _problem_line(words)
            elif words[0] == "e":
                u, v = _edge_line(words, vertices)
                lines += 1
                if u == v:
                    loops, first_loop = loops + 1, first_loop or line
                elif (v, u) not in edges:
                    edges[u, v] = None
            else:
                raise InvalidProblem(f"{shown(words[0])} is no kind of line", 'lines start with "c", "p" or "e"')
    if vertices < 0:
        raise InvalidProblem("no problem line", 'write "p edge n m" before the edges')
    if loops:
        warn(f"{loops} self-loop{'s' * (loops > 1)} left out (the first in line {first_loop})")
    if promised not in (lines, len(edges)):
        warn(f"the problem line promises {shown(promised)} edges, and there are {lines} (different ones: {len(edges)})")
    alphabet = tuple(range(1, colors + 1))
    different = relation([(a, b) for a in alphabet for b in alphabet if a != b] if edges else [], 2)
    names = tuple(str(vertex) for vertex in range(1, vertices + 1))
    return CSP(alphabet, names, tuple(Constraint((names[u - 1], names[v - 1]), different) for u, v in edges))


def dancing_links(raw: bytes, warn: Warn) -> ExactCover:
    """Knuth's DLX text: a line of items, then an option a line. Secondary items may also be covered by a set each."""
    primary: list[str] | None = None
    secondary: list[str] = []
    options: list[tuple[str, ...]] = []
    items: dict[str, str] = {}
    for line, text in _lines(raw):
        words = text.split()
        if not words or words[0].startswith("|"):
            continue
        with at(f"line {line}"):
            if primary is None:
                primary, secondary = _item_line(words)
                items = {item: item for item in (*primary, *secondary)}
                if len(items) < len(primary) + len(secondary):
                    raise InvalidProblem(f"the item {shown(_twice((*primary, *secondary)))} comes twice", "keep one")
            else:
                options.append(_option_line(words, items))
    if primary is None:
        raise InvalidProblem("no line of items", "write the names of the items in the first line")
    if secondary:
        warn(
            f"{len(secondary)} secondary item{'s' * (len(secondary) > 1)}: a set of its own, from index {len(options)} "
            "on, may cover each"
        )
    return ExactCover(tuple(items), (*options, *((item,) for item in secondary)), None)


def sudoku(line: str) -> ExactCover:
    """A sudoku of 81 characters, row by row, `.` or `0` for an empty cell.

    Set 81 * row + 9 * column + digit - 1 puts a digit into a cell (rows and columns from 0). It holds the cell, the
    digit in its row, column and box, and, if this is what a clue says, an element of the clue's own. 81 sets are to
    be chosen.
    """
    cells = line.strip()
    if len(cells) != 81:
        raise InvalidProblem(
            f"{len(cells)} characters", "a sudoku has 81: a digit for each cell, . or 0 where it is empty"
        )
    for place, character in enumerate(cells):
        if character not in ".0123456789":
            raise InvalidProblem(f"{shown(character)} is no digit", "write 1 to 9, . or 0", f"character {place + 1}")
    digits = [0 if character == "." else int(character) for character in cells]
    nine = range(1, 10)
    universe = [f"row {row} column {column}" for row in nine for column in nine]
    universe += [
        f"{unit} {index} digit {digit}" for unit in ("row", "column", "box") for index in nine for digit in nine
    ]
    sets = []
    for row in nine:
        for column in nine:
            box = 3 * ((row - 1) // 3) + (column - 1) // 3 + 1
            cell, clue = f"row {row} column {column}", digits[9 * (row - 1) + column - 1]
            if clue:
                universe.append(f"clue {cell}")
            for digit in nine:
                put = (cell, f"row {row} digit {digit}", f"column {column} digit {digit}", f"box {box} digit {digit}")
                sets.append((*put, f"clue {cell}") if digit == clue else put)
    return ExactCover(tuple(universe), tuple(sets), 81)


def straight_line(raw: bytes) -> StraightLineProgram:
    """A `.slp` file: lines `a3 = a1 * a2` in order from a1, perhaps after `a0 = 1`; `#` starts a comment."""
    steps: list[tuple[str, int, int]] = []
    begun = False
    for line, text in _lines(raw):
        statement = text.partition("#")[0].strip()
        if not statement:
            continue
        with at(f"line {line}"):
            if begun or not _ONE.match(statement):
                steps.append(_step(statement, len(steps) + 1))
        begun = True
    if not begun:
        raise InvalidProblem("no step", 'write lines such as "a1 = a0 + a0", or "a0 = 1" for the program without steps')
    return StraightLineProgram(tuple(steps))


def _lines(raw: bytes) -> Iterator[tuple[int, str]]:
    """The lines of a text with their numbers, from 1."""
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if b"\0" in raw[:1000]:
            raise InvalidProblem("not a text file", "give a text file in UTF-8") from None
        line = raw.count(b"\n", 0, error.start) + 1
        raise InvalidProblem("not UTF-8", "save the file in UTF-8", f"line {line}") from None
    if not text.strip():
        raise InvalidProblem("the file is empty", "give a file with a problem")
    yield from enumerate(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"), 1)


def _integer(word: str) -> int:
    if len(word) < 18 and word.isascii() and word.isdigit():
        return int(word)
    if not _INTEGER.match(word):
        raise InvalidProblem(f"{shown(word)} is not an integer", "write an integer")
    value = from_text(word)
    assert isinstance(value, int)
    return value


def _problem_line(words: list[str]) -> tuple[int, int]:
    """The numbers of vertices and edges."""
    if len(words) != 4 or words[1] not in ("edge", "edges", "col"):
        raise InvalidProblem("not a problem line of a graph", 'write "p edge n m"')
    vertices, edges = _integer(words[2]), _integer(words[3])
    if vertices < 0 or edges < 0:
        raise InvalidProblem("a negative number", 'write "p edge n m" with 0 or more vertices and edges')
    if vertices > MAX_VERTICES:
        raise InvalidProblem(f"{shown(vertices)} vertices", f"give a graph of at most {MAX_VERTICES:,}")
    return vertices, edges


def _edge_line(words: list[str], vertices: int) -> tuple[int, int]:
    if vertices < 0:
        raise InvalidProblem("an edge before the problem line", 'write "p edge n m" first')
    if len(words) != 3:
        raise InvalidProblem(f"{len(words) - 1} entries after e", 'an edge is "e u v"')
    u, v = _integer(words[1]), _integer(words[2])
    for vertex in (u, v):
        if not 1 <= vertex <= vertices:
            raise InvalidProblem(f"there is no vertex {shown(vertex)}", f"vertices are 1 to {vertices}")
    return u, v


def _item_line(words: list[str]) -> tuple[list[str], list[str]]:
    """The primary and the secondary items."""
    bars = words.count("|")
    if bars > 1:
        raise InvalidProblem('a second "|"', "one bar separates primary and secondary items")
    for word in words:
        if word != "|" and ("|" in word or ":" in word):
            raise InvalidProblem(f"{shown(word)} is no name of an item", 'names hold neither ":" nor "|"')
    cut = words.index("|") if bars else len(words)
    return words[:cut], words[cut + 1 :]


def _option_line(words: list[str], items: dict[str, str]) -> tuple[str, ...]:
    option: dict[str, None] = {}
    for word in words:
        if ":" in word:
            raise InvalidProblem(f"{shown(word)} has a color", "exact covers have no colors: write items alone")
        if word not in items:
            raise InvalidProblem(f"unknown item {shown(word)}", "name it in the line of items")
        if word in option:
            raise InvalidProblem(f"the item {shown(word)} comes twice", "an option holds an item once")
        option[items[word]] = None
    return tuple(option)


def _twice(names: tuple[str, ...]) -> str:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            return name
        seen.add(name)
    return ""


def _step(statement: str, index: int) -> tuple[str, int, int]:
    match = _STEP.match(statement)
    if match is None:
        remedy = f'write "a{index} = aj + ak", "a{index} = aj - ak" or "a{index} = aj * ak"'
        raise InvalidProblem(f"{shown(statement)} is no step", remedy)
    made, j, operation, k = _integer(match[1]), _integer(match[2]), match[3], _integer(match[4])
    if made != index:
        raise InvalidProblem(f"this is step {index}, and it makes a{_brief(made)}", f'write "a{index} = ..."')
    for value in (j, k):
        if value >= index:
            raise InvalidProblem(f"a{_brief(value)} is not known before step {index}", f"use a0 to a{index - 1}")
    return operation, j, k


def _brief(index: int) -> str:
    return str(index) if index < 10**20 else "…"
