"""How peers turn sealed words into a few excerpts that two people stand behind."""
