"""Journeys in a real browser and against the real server. Run by ``make journeys``."""
