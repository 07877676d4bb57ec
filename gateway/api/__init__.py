"""`/v1`: the REST interface, declared in `endpoints.py`."""
