"""The watch list, pure: what can stand on it, pasted lines, what its detector says."""
