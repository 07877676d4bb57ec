"""The REST interface at `/v1`."""
