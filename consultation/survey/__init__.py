"""Surveys: authored in blocks, compiled to a definition, frozen, answered, tallied."""
