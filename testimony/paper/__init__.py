"""Paper: HTML to PDF with a closed fetcher, the fonts and the base print stylesheet.

A plain package that imports nothing of ours; anyone may import it.
"""
