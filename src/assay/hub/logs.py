"""The log: one JSON object per line for machines, or one plain line for the person at the terminal."""

from __future__ import annotations

import json
import logging
import sys
import time
from typing import IO

__all__ = ["set_up_logs"]

_OURS = "assay"
_PLAIN = set(logging.makeLogRecord({}).__dict__) | {"message", "asctime"}


def set_up_logs(*, stream: IO[str] | None = None, as_json: bool | None = None, level: int = logging.INFO) -> None:
    """Send what the hub logs to `stream` (stderr), as JSON unless that is a terminal."""
    stream = stream or sys.stderr
    handler = logging.StreamHandler(stream)
    lines = as_json if as_json is not None else not stream.isatty()
    handler.setFormatter(_Json() if lines else logging.Formatter("%(asctime)s %(levelname)s %(message)s", "%H:%M:%S"))
    logger = logging.getLogger(_OURS)
    logger.handlers[:] = [handler]
    logger.setLevel(level)
    logger.propagate = False
    logging.getLogger("uvicorn").setLevel(logging.WARNING)


class _Json(logging.Formatter):
    """A record as one object: time, level, logger, message, and what was given as `extra`."""

    def format(self, record: logging.LogRecord) -> str:
        stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        line = {
            "time": f"{stamp}.{int(record.msecs):03}Z",
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        line.update({name: value for name, value in record.__dict__.items() if name not in _PLAIN})
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str, ensure_ascii=True)
