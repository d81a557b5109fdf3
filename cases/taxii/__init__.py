"""The TAXII 2.1 server: what is shared with a partner, read by its programs."""
