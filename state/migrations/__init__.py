"""The schema's history, for Alembic. `HEAD` is the newest revision (a test compares it with the scripts)."""

HEAD = "0006"
