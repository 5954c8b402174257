"""``python -m semeia`` is the command line."""

from semeia.cli import main

main()
