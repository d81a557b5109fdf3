"""Rules that people write in Sigma: read, checked, matched, counted, compiled to SQL."""
