"""What goes wrong in training, told in one line: what it is and what to do."""

import errno

from inscape.errors import InscapeError, TrainingError

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_NO_ROOM_SAID = ("no space left", "os error 28", "file too large", "os error 27", "writestream")
_NO_MEMORY_SAID = ("out of memory", "can't allocate memory", "cannot allocate memory")
SMALLER = "Lower batch or max_length (inscape.toml [train] or --config), or take a smaller base"


def explain(error: BaseException) -> InscapeError:
    """The error for a person; one that nobody foresaw keeps its own words."""
    if isinstance(error, InscapeError):
        return error
    said = " ".join(str(error).split())
    low = said.casefold()
    if isinstance(error, MemoryError) or any(sign in low for sign in _NO_MEMORY_SAID):
        where = "the GPU's memory" if "cuda" in low else "memory"
        return TrainingError(f"Training does not fit into {where}", hint=SMALLER)
    if _is_no_room(error, low):
        return TrainingError(
            "The disk is full: a checkpoint or the adapter could not be written",
            hint="Make room, then go on with: inscape train --resume",
        )
    return TrainingError(f"Training failed ({type(error).__name__}: {said[:300]})")


def died(code: int, log: str) -> InscapeError:
    """For a process that ended without a word."""
    if code == -9:
        return TrainingError("The process was killed, most likely for want of memory", hint=SMALLER)
    how = f"signal {-code}" if code < 0 else f"exit code {code}"
    return TrainingError(
        f"The process ended without a word ({how})",
        hint=f"See {log}; inscape train --resume goes on from the last checkpoint",
    )


def _is_no_room(error: BaseException, said: str) -> bool:
    if isinstance(error, OSError) and error.errno in _NO_ROOM:
        return True
    return any(sign in said for sign in _NO_ROOM_SAID)
