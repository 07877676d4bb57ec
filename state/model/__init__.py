"""The common message model: plain frozen values every room speaks in."""
