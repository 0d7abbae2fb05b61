"""A file is replaced whole or not at all: by two writers at once, and by one that fails."""

import resource
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from inscape.files import replace_whole


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_two_writers_at_once_leave_the_whole_of_one(tmp_path: Path) -> None:
    path = tmp_path / "file"
    texts = [letter * 300_000 for letter in (b"a", b"b")]
    path.write_bytes(texts[0])

    def write_often(text: bytes) -> None:
        for _ in range(100):
            replace_whole(path, text)
            assert path.read_bytes() in texts

    with ThreadPoolExecutor(2) as writers:
        list(writers.map(write_often, texts))
    assert list(tmp_path.iterdir()) == [path]


def test_a_writer_that_fails_leaves_the_old_file_and_nothing_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))  # as a disk that fills up midway
    try:
        with pytest.raises(OSError, match="large"):
            replace_whole(path, b"new" * 1000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_keeps_its_mode_and_a_secret_is_its_owners(tmp_path: Path) -> None:
    path, plain = tmp_path / "file", tmp_path / "plain"
    path.write_bytes(b"old")
    plain.write_bytes(b"")
    usual = mode_of(plain)
    for mode in (0o664, 0o444, 0o600):
        path.chmod(mode)
        replace_whole(path, b"new")
        assert mode_of(path) == mode
    replace_whole(plain, b"key", secret=True)
    assert mode_of(plain) == 0o600
    replace_whole(tmp_path / "fresh", b"new")
    assert mode_of(tmp_path / "fresh") == usual
