"""Lives of accounts: when they wrote, when they rested, in which language and about what."""
