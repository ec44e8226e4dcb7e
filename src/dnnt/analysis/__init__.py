"""Facts about an instance before it is solved: sizes, ranges, regime, what theorems say, predicted cost."""
