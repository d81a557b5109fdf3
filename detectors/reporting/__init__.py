"""How reports in bulk are judged: who reported together before, in which words, how often right."""
