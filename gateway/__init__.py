"""The process: sockets, loops, settings and commands."""
