"""How a process of its own reports: JSON lines on its standard output, all else into a log file."""

import contextlib
import json
import os
import sys
from pathlib import Path
from typing import Any, TextIO


class Channel:
    """Takes standard output for itself; whatever a library prints goes into `log`."""

    def __init__(self, log: Path) -> None:
        self._out: TextIO = os.fdopen(os.dup(1), "w", encoding="utf-8", buffering=1)
        file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        sys.stdout.flush()
        sys.stderr.flush()
        os.dup2(file, 1)
        os.dup2(file, 2)
        os.close(file)

    def say(self, event: str, **facts: Any) -> None:
        """Nobody may be listening any more; the work goes on to where it can be taken up."""
        with contextlib.suppress(BrokenPipeError):
            self._out.write(json.dumps({"event": event, **facts}, ensure_ascii=False) + "\n")
            self._out.flush()
