"""Pictures as PDQ hashes of 256 bits: which a signal shows, and which are copies of one."""
