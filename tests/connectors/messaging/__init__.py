"""Messenger and Instagram, which are one platform."""
