"""Vonage, by both of its APIs."""
