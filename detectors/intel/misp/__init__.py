"""MISP, pure: events as JSON read and written, feeds as folders."""
