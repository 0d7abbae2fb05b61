"""Work kept across runs and projects because it can be done again: never data, never money.

A cache that cannot be written or read, or is wanted `off`, costs time only.
"""

import contextlib
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from inscape.settings import cache_folder

_MOST = 100  # folders of one kind: the oldest go


def kept(name: str) -> Path | None:
    """The folder of that name (`KIND-…`), if it was made before."""
    root = cache_folder()
    if root is None or not (root / name).is_dir():
        return None
    with contextlib.suppress(OSError):
        (root / name).touch()
    return root / name


def keep(name: str, make: Callable[[Path], None]) -> Path | None:
    """Let `make` fill the folder of that name; None where nothing can be kept.

    Whole or not at all, also when two processes make it at once.
    """
    root = cache_folder()
    if root is None:
        return None
    try:
        root.mkdir(parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(dir=root))
    except OSError:
        return None
    try:
        make(fresh)
        fresh.rename(root / name)
        _trim(root, name.partition("-")[0])
    except OSError:  # the disk is full; or another process was first
        shutil.rmtree(fresh, ignore_errors=True)
    return kept(name)


def drop(name: str) -> None:
    """Forget what turned out to be damaged."""
    root = cache_folder()
    if root is not None:
        shutil.rmtree(root / name, ignore_errors=True)


def _trim(root: Path, kind: str) -> None:
    ages = sorted(root.glob(f"{kind}-*"), key=lambda one: one.stat().st_mtime)
    for old in ages[:-_MOST]:
        shutil.rmtree(old, ignore_errors=True)
