"""Subset sums: which numbers are sums of one element of each of many finite sets, and how (docs/methods.md).

Integers in, answers out; nothing here knows of networks. `subsets` answers questions about one sumset, `plan` chooses
the algorithm by predicted cost, and each algorithm has a file of its own.
"""
