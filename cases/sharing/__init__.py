"""What leaves the desk for partners, without Django: objects, markings, redaction, the one gate."""
