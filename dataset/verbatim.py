"""The longest run of words that examples share with the passages they were made from."""

from typing import NamedTuple

from dataset.words import words_of


class Run(NamedTuple):
    """So many words in a row stand in the example and in its passage alike."""

    words: int = 0
    example: str = ""
    text: str = ""


class Longest:
    """Look at one example after another; only a run longer than the last is looked for.

    Case, accents and punctuation do not count.
    """

    def __init__(self) -> None:
        self.found = Run()

    def look(self, example_id: str, said: str, passage: str) -> None:
        words, source = words_of(said), words_of(passage)
        length = self.found.words + 1
        while (place := _shared(words, source, length)) is not None:
            text = " ".join(words[place : place + length])
            self.found = Run(length, example_id, text)
            length += 1


def _shared(words: list[str], source: list[str], length: int) -> int | None:
    """Where in `words` the first run of this length begins that `source` has too."""
    runs = {" ".join(source[at : at + length]) for at in range(len(source) - length + 1)}
    places = range(len(words) - length + 1)
    return next((at for at in places if " ".join(words[at : at + length]) in runs), None)
