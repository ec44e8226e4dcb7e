"""The process in which CaDiCaL runs: reads commands from standard input and answers on standard output.

Started as a file (`python child.py EXTENSION PROOF OPTION=VALUE…`), so it imports nothing of dnnt. CaDiCaL cannot be
interrupted from Python, but this process can be ended at any moment. A command is a letter, a length (8 bytes) and
32-bit integers:

    c  add clauses, each ended by 0        p  phases to try first
    s  solve under assumptions             f  finish writing the proof
    l  the same with a limit on conflicts, which comes first

s, l and f are answered by a status (1: a model follows, as literals; 0: none; 2: not known), a length and integers.
"""

import sys
from array import array


def serve(extension: str, proof: str, options: list[str]) -> None:
    """Serve until the input ends."""
    import ctypes
    import importlib.machinery
    import importlib.util
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # The parent decides when to end.
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # End with the parent, however that ends.
    loader = importlib.machinery.ExtensionFileLoader("pysolvers", extension)
    spec = importlib.util.spec_from_file_location("pysolvers", extension, loader=loader)
    assert spec is not None, "there is a loader"
    solvers = importlib.util.module_from_spec(spec)
    loader.exec_module(solvers)
    source, answers = sys.stdin.buffer, sys.stdout.buffer
    solver = solvers.cadical195_new()
    solvers.cadical195_set(solver, "phase", 0)  # Most thresholds are not reached.
    for option in options:
        name, value = option.split("=")
        solvers.cadical195_set(solver, name, int(value))
    tracing = None
    if proof:
        solvers.cadical195_set(solver, "lrat", 1)
        file = open(proof, "w+b")  # noqa: SIM115  open until the process ends
        tracing = solvers.cadical195_tracepr(solver, file)

    def answer(status: int, numbers: array) -> None:  # type: ignore[type-arg]
        raw = numbers.tobytes()
        answers.write(status.to_bytes(1, "little") + len(raw).to_bytes(8, "little") + raw)
        answers.flush()

    while True:
        head = source.read(9)
        if len(head) < 9:
            return
        numbers = array("i")
        numbers.frombytes(source.read(int.from_bytes(head[1:], "little")))
        command = head[:1]
        if command == b"c":
            add = solvers.cadical195_add_cl
            listed = numbers.tolist()
            start = 0
            for _ in range(listed.count(0)):
                end = listed.index(0, start)
                add(solver, listed[start:end])
                start = end + 1
        elif command == b"p":
            solvers.cadical195_setphases(solver, numbers.tolist())
        elif command in (b"s", b"l"):
            listed = numbers.tolist()
            if command == b"l":
                solvers.cadical195_cbudget(solver, listed.pop(0))
                status = solvers.cadical195_solve_lim(solver, listed, 0)
            else:
                status = 1 if solvers.cadical195_solve(solver, listed, 0) else -1
            model = solvers.cadical195_model(solver) if status == 1 else None
            answer({1: 1, -1: 0}.get(status, 2), array("i", model or []))
        elif command == b"f":
            if tracing is not None:
                solvers.flushpr(tracing)
            answer(1, array("i"))


if __name__ == "__main__":
    serve(sys.argv[1], sys.argv[2], sys.argv[3:])
