"""Drawings of networks and of the graph of reductions, as SVG written by hand: no library draws them."""
