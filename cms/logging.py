"""Log records lose what could name a visitor before they are written."""

import logging
import re

_QUERY = re.compile(r"\?\S*")
_SERVER_ERROR = 500


class WithoutRequest(logging.Filter):
    """Drops the request, the traceback's local text, and query strings from a record.

    Django attaches the whole request to its records, and an exception's message may quote
    what somebody typed. What stays is where it happened and what kind of error it was. An answer
    below 500 is a person's slip, and one without an error behind it is a page that asks to come
    back later: neither makes a line at all, for the system's own log stamps each with its
    second.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        status = getattr(record, "status_code", None)
        if status is not None and (status < _SERVER_ERROR or not record.exc_info):
            return False
        for name in ("request", "sql", "params"):
            record.__dict__.pop(name, None)
        if record.exc_info:
            kind, _error, trace = record.exc_info
            while trace is not None and trace.tb_next is not None:
                trace = trace.tb_next
            place = f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else "unknown"
            record.msg = f"{kind.__name__ if kind else 'Error'} at {place}"
            record.args = ()
            record.exc_info = None
            record.exc_text = None
        else:
            record.msg = _QUERY.sub("", record.getMessage())
            record.args = ()
        return True
