"""What a method is going to do with an instance, as a tree with sizes, before anything is formed.

`value` is the tree; `of_program` makes it for method `reachable`, `of_sums` for method `subset-sum`.
"""

from dnnt.analysis.plan.value import Plan, Way

__all__ = ["Plan", "Way"]
