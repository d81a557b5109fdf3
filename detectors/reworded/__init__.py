"""Texts in other words: rare words, which texts share them, and the stories that they make."""
