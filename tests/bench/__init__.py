"""The benchmark: each row beside its bare limit, measured in the same run on the same pinned core."""
