"""What texts are compared by: words in lower case, with straight apostrophes and no accents."""

import re
import unicodedata

WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_STRAIGHT = str.maketrans("’‘“”", "''\"\"")
_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]+")


def words_of(text: str) -> list[str]:
    return [word.lower() for word in WORD.findall(plain(text))]


def plain(text: str) -> str:
    """Straight quotes and no accents, so that one spelling meets another."""
    if text.isascii():
        return text
    return _BEYOND_ASCII.sub(_bare, text.translate(_STRAIGHT))


def _bare(letters: re.Match[str]) -> str:
    decomposed = unicodedata.normalize("NFKD", letters[0])
    return "".join(char for char in decomposed if not unicodedata.combining(char))
