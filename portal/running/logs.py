"""How a line of log is written: for eyes, or as JSON; both without what is personal or secret."""

import datetime as dt
import logging
import re
from typing import Any

from pythonjsonlogger.orjson import OrjsonFormatter

from portal.running.requests import LOCAL, request_id, route_of

# A second line of defence: our own code writes none of these, an exception's text may.
SECRETS = (
    (re.compile(r"(?<!\d)(?:\+?86[- ]?)?1[3-9]\d{9}(?!\d)"), "[phone]"),
    (re.compile(r"\bnx_[0-9a-f]+_[\w-]+"), "[key]"),
    (re.compile(r"(?i)\b(bearer)\s+\S+"), r"\1 [secret]"),
    (re.compile(r"://[^/\s:@]+:[^/\s@]+@"), "://[secret]@"),
    (re.compile(r"(?<=[\w/])\?[\w.%-]+=[^\s'\"]*"), "?[query]"),
    # PostgreSQL names the row that a constraint refused.
    (re.compile(r"(DETAIL:\s+(?:Key|Failing row)[^=\n(]*\([^)\n]*\)).*"), r"\1 [values]"),
    (re.compile(r"DETAIL:\s+Failing row contains.*"), "DETAIL: [row]"),
)
#: A longer text is cut in its middle: a traceback begins with where it started and ends with what went wrong.
MOST = 20_000


def clean(text: str) -> str:
    """Return a text without phone numbers, keys, passwords, query strings and the values of rows."""
    for pattern, shown in SECRETS:
        text = pattern.sub(shown, text)
    if len(text) <= MOST:
        return text
    half = MOST // 2
    return f"{text[:half]}\n[{len(text) - 2 * half} characters left out]\n{text[-half:]}"


class RequestNumber(logging.Filter):
    """Give each record the number of its request, and Django's own lines the route instead of the address."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Change the record and keep it."""
        if hasattr(record, "request_id"):
            return True  # Another handler has seen it.
        request: Any = record.__dict__.pop("request", None)
        # Django tells of some answers only when the request has been left.
        record.request_id = request_id() or getattr(request, "number", "")
        if record.name.startswith("django.") and request is not None and hasattr(request, "resolver_match"):
            phrase = str(record.args[0]) if isinstance(record.args, tuple) and record.args else record.msg
            record.msg, record.args = "%s at %s", (phrase, route_of(request))
        return True


class LineFormatter(logging.Formatter):
    """One line for eyes."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line with the number of its request."""
        number = getattr(record, "request_id", "")
        return clean(super().format(record)) + (f" [{number}]" if number else "")


class JsonFormatter(OrjsonFormatter):
    """One JSON object for each line."""

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:
        """Return the moment as the lines of requests write it."""
        return dt.datetime.fromtimestamp(record.created, LOCAL).isoformat(timespec="milliseconds")

    def process_log_record(self, log_data: dict[str, Any]) -> dict[str, Any]:
        """Return the parts without what is personal or secret."""
        return {name: clean(part) if isinstance(part, str) else part for name, part in log_data.items()}


def logging_settings(form: str, level: str, *, with_requests: bool) -> dict[str, Any]:
    """Return LOGGING for `line` or `json`, with or without a line for each request."""
    formatters = {
        "line": {
            "()": "portal.running.logs.LineFormatter",
            "format": "{asctime} {levelname} {name}: {message}",
            "style": "{",
        },
        "json": {
            "()": "portal.running.logs.JsonFormatter",
            "fmt": "{asctime}{levelname}{name}{request_id}{message}",
            "style": "{",
            "rename_fields": {"asctime": "at", "levelname": "level", "name": "logger"},
        },
    }
    console = {"class": "logging.StreamHandler", "formatter": form, "filters": ["request"]}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"request": {"()": "portal.running.logs.RequestNumber"}},
        "formatters": formatters,
        "handlers": {"console": console},
        "root": {"handlers": ["console"], "level": level},
        "loggers": {
            # Django's own handlers would write every line twice, and mail errors to nobody.
            "django": {"handlers": [], "propagate": True},
            "portal.requests": {"level": level if with_requests else "ERROR"},
            # It would name the whole address of what it calls.
            "httpx": {"level": "WARNING"},
        },
    }
