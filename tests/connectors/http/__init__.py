"""Any aggregator, by settings."""
