"""The configuration of all detectors as text that a repository can hold. Pure."""
