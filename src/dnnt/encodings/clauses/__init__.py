"""The normal form of an instance as clauses, each with the reason from which the checker verifies it."""
