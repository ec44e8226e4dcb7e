"""Text <-> values: instance, parameters and certificate files. No logic beyond reading and writing."""
