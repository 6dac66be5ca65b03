"""Disclosure control: what a reader can't deduce. Pure: no Django, nothing of ours."""
