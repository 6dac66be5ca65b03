"""The research library: its room in the house. It imports nothing of ours.

Nothing is kept here yet; the import contracts already hold the room to its place.
"""
