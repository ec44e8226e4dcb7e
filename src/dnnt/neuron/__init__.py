"""One neuron on many points: its costs on a grid, box bounds on them, sphere decoding, and searches for the
cheapest.
"""
