"""Signs of an invented person: a bio after a template, a machine that names itself."""
