"""Views of the console, one file for each noun."""
