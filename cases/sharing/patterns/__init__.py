"""Abuse patterns that partners can test: their wire form, signature, tests and parameters."""
