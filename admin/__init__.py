"""What admins do, and the console's pages over it."""
