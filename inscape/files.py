"""A file replaced whole: whoever reads it finds the old content or the new, never a part of one."""

import os
import secrets
import shutil
from pathlib import Path


def replace_whole(path: Path, data: bytes, *, secret: bool = False) -> None:
    """Through a file beside it with a name of its own, so that two writers never share one.

    The file keeps its mode; with `secret` it is for its owner's eyes, from its first byte on.
    """
    old = None if secret or not path.exists() else path.stat().st_mode
    mode = 0o600 if secret else 0o666 if old is None else old
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(4)}.new")
    try:
        with open(fresh, "xb", opener=lambda name, flags: os.open(name, flags, mode)) as file:
            file.write(data)
        if old is not None:
            shutil.copymode(path, fresh)  # what the umask took away
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)
