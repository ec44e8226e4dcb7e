"""The normal form in the languages of other solvers: clauses, and models of integer variables."""
