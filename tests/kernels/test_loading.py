"""Loading: when it pays, without a directory to keep compiled loops in, in several threads, beside polls."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random
from time import sleep

import numpy as np
import pytest

from dnnt.kernels import bits, loading, members, sorted_keys

SOURCE = Path(__file__).parents[2] / "src"


def run(code: str, **environment: str) -> str:
    """What a new process prints."""
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(SOURCE), **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(autouse=True)
def nothing_missed() -> Iterator[None]:
    kept = loading._missed[:]
    loading._missed.clear()
    yield
    loading._missed[:] = kept


def test_the_module_is_light() -> None:
    said = run(
        "import sys, dnnt.kernels.loading as loading\n"
        "assert not loading.loaded()\n"
        "assert loading.seconds() > 0.1\n"
        "assert not {'numpy', 'numba'} & set(sys.modules)\n"
        "import dnnt.kernels.members\n"
        "assert loading.loaded() and loading.seconds() == 0 and loading.worth(1e-9)\n"
        "print('well')"
    )
    assert said == "well\n"


def test_what_was_missed_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "loaded", lambda: False)
    whole = loading.seconds()
    assert not loading.worth(whole / 2)
    for _ in range(1000):
        loading.missed(1e-3)
    assert loading.seconds() == whole
    loading.missed(0.6 * whole)
    assert loading.worth(whole / 2)
    loading.missed(0.6 * whole)
    assert loading.seconds() == 0


def test_sums_load_compiled_loops_once_they_would_have_paid() -> None:
    """One medium sum does not load them; many of them do. The sums are the same."""
    said = run(
        "import dnnt.kernels.loading as loading\n"
        "from dnnt.reachable import keysets\n"
        "from dnnt.reachable.key_kinds import PythonKeys\n"
        "loading.COMPILING_SECONDS = loading.LOADING_SECONDS\n"
        "mine = PythonKeys(frozenset(i * i * 77 for i in range(400)))\n"
        "first = keysets.sumset(mine, mine, 1 << 25, lambda: None)\n"
        "assert not loading.loaded()\n"
        "for times in range(1, 1000):\n"
        "    last = keysets.sumset(mine, mine, 1 << 25, lambda: None)\n"
        "    if loading.loaded():\n"
        "        break\n"
        "assert last.listed() == first.listed() == sorted({a + b for a in mine.keys for b in mine.keys})\n"
        "print(2 < times < 900)"
    )
    assert said == "True\n"


NOWHERE = """
import numba.core.caching as caching
caching.CacheImpl._locator_classes = []
import numpy as np
from dnnt.kernels import members
words = members.scatter(np.array([3, 70]), 100)
assert members._count.stats.cache_path is None
print(members.count(words))
"""


def test_without_a_place_to_keep_compiled_loops() -> None:
    assert run(NOWHERE) == "2\n"


def test_a_place_of_ones_own(tmp_path: Path) -> None:
    code = "import numpy as np\nfrom dnnt.kernels import members\nprint(members.count(np.array([7], np.uint64)))"
    for _ in range(2):
        assert run(code, NUMBA_CACHE_DIR=str(tmp_path)) == "3\n"
    assert list(tmp_path.rglob("members._count*.nbi"))


def test_other_errors_of_numba_are_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    import numba

    def refuse(**options: bool) -> None:
        raise RuntimeError("something else")

    monkeypatch.setattr(numba, "njit", refuse)
    with pytest.raises(RuntimeError, match="something else"):
        loading.compiled(refuse)


def test_two_threads() -> None:
    """Independent work side by side gives what it gives alone."""
    rng = Random(3)
    value = rng.getrandbits(1 << 19)
    words = members.from_int(value, 1 << 20)
    shifts = [np.array([rng.randrange(1 << 19) for _ in range(40)]) for _ in range(6)]
    keys = np.array(sorted(rng.sample(range(10**9), 3000)))

    def work(index: int) -> tuple[list[int], list[int]]:
        made = bits.sumset(words, shifts[index], 1 << 20)
        return made.tolist(), sorted_keys.sumset(keys, np.sort(shifts[index])).tolist()

    alone = [work(index) for index in range(6)]
    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(work, range(6))) == alone


def test_first_calls_in_threads() -> None:
    """Two threads that both load the loops first."""
    code = (
        "import numpy as np\n"
        "from concurrent.futures import ThreadPoolExecutor\n"
        "def work(i):\n"
        "    from dnnt.kernels import members\n"
        "    return members.count(np.full(i, 7, np.uint64))\n"
        "with ThreadPoolExecutor(2) as pool:\n"
        "    print(list(pool.map(work, [1, 2, 3, 4])))"
    )
    assert run(code) == "[3, 6, 9, 12]\n"


def test_work_beside_polls() -> None:
    polls: list[int] = []
    done: list[int] = []

    def work() -> None:
        sleep(0.1)
        done.append(1)

    loading.beside(work, lambda: polls.append(1))
    assert done
    assert len(polls) >= 2

    def stop() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        loading.beside(work, stop)

    def fail() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        loading.beside(fail, lambda: None)


LEFT = """
from time import sleep
from dnnt.kernels import threads

def work():
    sleep(1)
    print("worked", flush=True)

def stop():
    raise ZeroDivisionError

try:
    threads.beside(work, stop)
except ZeroDivisionError:
    print("stopped", flush=True)
"""


def test_work_that_is_left() -> None:
    """The interpreter waits for it; the command does not, and says what it has to say all the same."""
    assert run(LEFT) == "stopped\nworked\n"
    command = LEFT + 'from dnnt.cli import main\nmain(["demo", "--help"])'
    said = run(command)
    assert said.startswith("stopped\nUsage: dnnt demo")
    assert "worked" not in said
