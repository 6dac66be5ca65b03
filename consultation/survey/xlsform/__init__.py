"""Questionnaires as XLSForm workbooks, in and out."""
