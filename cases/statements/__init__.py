"""Statements of reasons after article 17 of the Digital Services Act. Pure."""
