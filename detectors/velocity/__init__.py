"""The parts of detector D13: parameters, bucket, season and wording."""
