"""The columns of a drawing of a network, and which of its vertices are outputs or constants."""

from __future__ import annotations

from dnnt.network import SOURCE, Network


def columns(network: Network) -> list[int]:
    """The column of each vertex: its longest distance from the source. Constants stand as far right as they may."""
    fed, column = [False] * len(network.vertices), [1] * len(network.vertices)
    for v in network.order:
        for e in network.incoming[v]:
            source = network.edges[e].source
            if source == SOURCE:
                fed[v] = True
            else:
                u = network.position[source]
                fed[v] |= fed[u]
                column[v] = max(column[v], column[u] + 1)
    heads: list[list[int]] = [[] for _ in network.vertices]
    for edge in network.edges:
        if edge.source != SOURCE and not fed[network.position[edge.source]]:
            heads[network.position[edge.source]].append(network.position[edge.target])
    for v in reversed(network.order):
        if heads[v]:
            column[v] = min(column[h] for h in heads[v]) - 1
    return column


def kinds(network: Network) -> list[str]:
    """For each vertex "output", "constant" (the source does not reach it) or "hidden"."""
    fed = [False] * len(network.vertices)
    for v in network.order:
        fed[v] = any(
            network.edges[e].source == SOURCE or fed[network.position[network.edges[e].source]]
            for e in network.incoming[v]
        )
    outputs = set(network.outputs)
    return [
        "output" if vertex.id in outputs else "hidden" if fed[v] else "constant"
        for v, vertex in enumerate(network.vertices)
    ]
