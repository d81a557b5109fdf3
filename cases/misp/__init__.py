"""The MISP feed of each circle: what is shared with a partner, read by its MISP."""
