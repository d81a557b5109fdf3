"""What others send in STIX, before anything is believed: limits, kinds, names. Pure."""
