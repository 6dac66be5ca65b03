"""The journey engine: one frozen definition asked, checked, reviewed and sealed.

A plain package, not an app: it stores nothing of its own. Drafts and records are
sealed by the vault; calls and surveys bring the definitions.
"""
