"""The exit statuses of the commands (docs/commands.md)."""

DEFINITE = 0
INPUT = 1
USAGE = 2
LIMIT = 3
INTERNAL = 4
