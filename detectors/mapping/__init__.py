"""Mappings: which place of a foreign item becomes which field of a signal. Knows no Django."""
