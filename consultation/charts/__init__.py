"""Charts from protected tables, as accessible SVG. Pure: no Django, nothing of ours but tables."""
