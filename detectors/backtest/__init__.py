"""Backtests: what other settings of a detector would have found in stored signals. Pure."""
