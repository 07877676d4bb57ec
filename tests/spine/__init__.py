"""The whole gateway in one process on real sockets and databases, with a stub at the provider's end of the wire."""
