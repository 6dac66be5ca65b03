"""Calls for testimony, and the journey of the person who answers one."""
