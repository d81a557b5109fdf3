"""Rhythms of accounts: when in the week they act, and how often in the same five minutes."""
