"""`python -m dnnt` is the command `dnnt`."""

from dnnt.cli import main

main()
