"""The rivals: other ways to the same optimum, each as a good engineer would write it (docs/benchmarks.md)."""
