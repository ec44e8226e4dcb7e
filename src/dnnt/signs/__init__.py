"""Signs of numbers that cannot be written: what a straight-line program, or a restricted deep network, computes."""
