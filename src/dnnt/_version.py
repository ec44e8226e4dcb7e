"""The version of the program, in one place: the build, the command line and the answers all read it from here."""

__version__ = "0.1.0"
