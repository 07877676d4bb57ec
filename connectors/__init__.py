"""Channels: one folder each, pure."""
