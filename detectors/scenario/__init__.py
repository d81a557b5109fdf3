"""Past operations that detectors must still find: signals, and what is expected of them. Pure."""
