"""Sealed anonymous intake and its careful reading."""
