"""People who log in: the user model. A login opens no testimony; the vault does not know it."""
