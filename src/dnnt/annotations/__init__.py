"""One tree with several readings: the expression of reachable states, read with a count or a cost for every vector.

The dynamic program of Theorem 1.6 asks which vectors can be reached. The same expression answers more when every vector
carries an annotation from a semiring (`semirings`): with counts it says how many parameters there are (`questions`:
count, sample, enumerate), with costs which of them are cheapest (`cheapest`: the sparsest, the smallest).
"""
