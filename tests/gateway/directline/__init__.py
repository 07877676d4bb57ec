"""In-app conversations over real sockets."""
