"""Figures, not verdicts of the timed suite. Run by ``make bench``."""
