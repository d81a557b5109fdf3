"""Sign-ups by shape: what new handles and addresses look like, how many are usual, what is not."""
