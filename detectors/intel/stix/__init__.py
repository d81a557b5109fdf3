"""STIX 2.1 objects of others, read for what the watch list can hold. Pure."""
