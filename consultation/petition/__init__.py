"""The open letter: its room in the house, beside the survey and the library.

Nothing is kept here yet; the import contracts already hold the room to its place.
"""
