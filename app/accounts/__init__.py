"""People, their roles, sign-in, tokens, and who may call what."""
