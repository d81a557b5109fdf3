"""One story in several languages: where texts meet, which say the same, and how that is told."""
