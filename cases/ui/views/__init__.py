"""Views of the console, one file for each page or group of buttons."""
