"""The auditor: what a reader can work out from what was published, and whether that is too much.

It reads published files and nothing else. It shares no code with the part that hides cells and
imports nothing of it, so the two can't be wrong in the same way. Pure, apart from the solver.
"""

from consultation.disclosure.audit.auditing import audit
from consultation.disclosure.audit.findings import RULES, Audit, Finding, HiddenCell
from consultation.disclosure.audit.policy import Policy
from consultation.disclosure.audit.published import Edition, Unreadable
from consultation.disclosure.audit.ranges import Range

__all__ = [
    "RULES",
    "Audit",
    "Edition",
    "Finding",
    "HiddenCell",
    "Policy",
    "Range",
    "Unreadable",
    "audit",
]
