"""Whether a web address imitates a brand, by its structure alone: names, words, host, kit."""
