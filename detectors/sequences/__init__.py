"""Parts of the sequence detector: parameters, state, what it says."""
