"""The example campaign: freshly written words about offices and issues, never about a person.

``call.json`` and ``survey.json`` are definitions; ``testimonies.json``, ``comments.json`` and
``responses`` are what example people answer; ``pages.json``, ``themes.json`` and ``report.json``
are what example editors wrote.
"""
