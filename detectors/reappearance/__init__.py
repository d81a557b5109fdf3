"""What came out of AI services and stands in posts: runs of words, matches, chains, their words."""
