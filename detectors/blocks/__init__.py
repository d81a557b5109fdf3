"""Dense blocks in a graph of accounts and what they act upon."""
