"""The vault: sealing, keys that people hold, unlocking, receipts and withdrawal.

The floor of the house. Nothing here knows a call, a survey, a page or a report; those
come down to it through its actions and, from the site, through ``facade``.
"""
