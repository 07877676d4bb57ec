"""`python -m gateway` is the `parley` command."""

from gateway.cli import main

main()
