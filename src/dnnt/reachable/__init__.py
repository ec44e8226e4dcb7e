"""Sets of reachable vectors as a small algebra: Theorem 1.6, repaired and generalised (docs/methods.md).

`program` turns an instance into an expression over sets of exact vectors, `execute` evaluates it on packed integer keys
(`packing`, `keysets`), `search` finds the cheapest reachable state, and `recover` walks back to parameters.
"""
