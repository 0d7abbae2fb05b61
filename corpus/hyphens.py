"""Joining printed lines: whether a hyphen at the line's end is the author's or the printer's."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cache

from spellchecker import SpellChecker

# Between a drop cap and the rest of its word, until the vocabulary says whether they are one word.
AFTER_CAP = "\ue002"
SOFT = "\u00ad"
_HYPHENS = "-\u2010\u2011"
_LAST = re.compile(r"[^\W\d_][\w'’\-\u2010\u2011]*$")
_FIRST = re.compile(r"[\w'’\-\u2010\u2011]*[^\W_]")
_BROKEN = re.compile(r"[-\u2010]\n\S+")
_CUT = re.compile(r"[—–…/]+|--+")
_PREFIXES = re.compile(
    r"con|com|dis|mis|pre|pro|per|sub|sup|sur|for|fore|inter|intro|trans|over|under|out|"
    r"counter|anti|ante|post|super|contra|extra|non|uni|tri|mono|poly|semi|mal|bene|ab|ad|"
    r"ex|en|em|im|in|un|re|de|com|col|cor|des|par|pur|tele"
)
_SUFFIXES = re.compile(
    r"ing|ings|ed|ted|ded|ned|red|ting|ding|ning|ling|ring|less|ness|nesses|ful|fully|ly|"
    r"ably|ibly|able|ible|ment|ments|tion|tions|sion|sions|cion|ous|est|er|ers|ter|ters|"
    r"ther|tle|ble|dle|ple|ism|ist|ists|ity|ive|ives|al|ally|ial|ward|wards|ship|hood|dom|"
    r"some|somely|like|age|ages|ant|ent|ence|ance|ate|ates|ated|ation|ations|ize|ized|ise|"
    r"ised|ish|ure|ures|ory|ary|ery|did|men|man|son|day|den|ten|tan|dent|lent|rent"
)
# Inside a compound of three: mother-in-law, aide-de-camp, will-o’-the-wisp.
_LINKS = frozenset(
    {"a", "à", "and", "at", "by", "de", "in", "o", "o’", "of", "on", "or", "t", "the", "to", "up"}
)
_OWNED = ("’s", "'s")  # a saint’s-day, a bird’s-eye view
_SHORT = frozenset({"at", "by", "no", "on", "so", "up"})
_STRIP = "“”‘’\"'()[]{}<>.,;:!?*_«»„‚·•"
_ENDINGS = ("s", "es", "ed", "d", "ing", "ly", "er", "ers", "'s", "’s", "ness", "ally")
_CAP = re.compile(rf"([“”\"'‘’(\[]*\w){AFTER_CAP}\s*(\w*)")


class Vocabulary:
    """The words of the book itself, with a list of common English ones where the book is silent."""

    def __init__(self, lines: Iterable[str]) -> None:
        counts: dict[str, int] = {}
        self._counts = counts
        whole = "\n".join(lines)
        if SOFT in whole:
            whole = whole.replace(SOFT + "\n", "-\n").replace(SOFT, "")
        whole = _BROKEN.sub(" ", whole)
        for token, count in Counter(whole.lower().split()).items():
            if token.isalpha():
                counts[token] = counts.get(token, 0) + count
                continue
            for word in _CUT.split(token):
                word = word.strip(_STRIP)
                if word and word[-1] not in _HYPHENS:
                    counts[word] = counts.get(word, 0) + count

    def count(self, word: str) -> int:
        return self._counts.get(word, 0)

    def knows(self, word: str) -> bool:
        return word in self._counts or _is_english(word)

    def glue(self, before: str, after: str) -> str:
        """What goes between two halves of a word divided after a hyphen: that hyphen or nothing."""
        one, two = before.lower(), after.lower()
        joined, parted = self.count(one + two), self._parted(one, two)
        if joined or parted:
            return "" if joined >= parted else "-"
        head, _, last = one.rpartition("-")
        near, _, rest = two.partition("-")
        if self._is_word(last + near):
            return ""
        if (head and last in _LINKS) or (rest and near in _LINKS) or last.endswith(_OWNED):
            return "-"
        return "-" if self._two_words(last, near) else ""

    def _parted(self, one: str, two: str) -> int:
        """How often the book itself writes the word, or its stem, with this hyphen."""
        found = self.count(f"{one}-{two}")
        if not found and not self.count(one + two):
            stems = (two[: -len(end)] for end in _ENDINGS if two.endswith(end))
            found = sum(self.count(f"{one}-{stem}") for stem in stems if len(stem) > 2)
        return found

    def _is_word(self, word: str) -> bool:
        if self.knows(word):
            return True
        stems = (word[: -len(end)] for end in _ENDINGS if word.endswith(end))
        return any(len(stem) > 3 and (self.knows(stem) or self.knows(stem + "e")) for stem in stems)

    def _two_words(self, one: str, two: str) -> bool:
        if one == "self" or (one in _SHORT and self.knows(two)):
            return True
        if min(len(one), len(two)) < 3 or _PREFIXES.fullmatch(one):
            return False
        if _SUFFIXES.fullmatch(two):
            return False
        known = self.count(one) or self.count(one + "s") or (len(one) > 3 and _is_english(one))
        two = two.rstrip("'’")
        return bool(known and (self.count(two) or _is_english(two)))


@cache
def _english() -> SpellChecker:
    """160,000 words; loaded at the first hyphen that the book's own words do not settle."""
    return SpellChecker(language="en")


def _is_english(word: str) -> bool:
    return len(word) > 1 and word in _english()


def join_lines(lines: Sequence[str], words: Vocabulary) -> tuple[str, list[int]]:
    """One paragraph's text, and where in it each line begins."""
    text = _clean(lines[0], words)
    starts = [0]
    parts = [text]
    length = len(text)
    for line in lines[1:]:
        after = _clean(line, words)
        cut, glue = _seam(parts[-1], after, words)
        if cut:
            parts[-1] = parts[-1][:-cut]
            length -= cut
        if glue:
            parts.append(glue)
            length += len(glue)
        starts.append(length)
        parts.append(after)
        length += len(after)
    return "".join(parts), starts


def _clean(text: str, words: Vocabulary) -> str:
    text = text.strip()
    if AFTER_CAP in text:
        text = _CAP.sub(lambda found: _capped(found, words), text)
    if SOFT in text:
        text = text[:-1].replace(SOFT, "") + text[-1]
    return text


def _capped(found: re.Match[str], words: Vocabulary) -> str:
    letter, rest = found[1], found[2]
    bare = letter[-1].lower()
    whole = bare + rest.lower()
    apart = (
        bare in "aio"
        and words.knows(rest.lower())
        and words.count(whole) < words.count(rest.lower())
    )
    return f"{letter} {rest}" if apart else letter + rest


def _seam(before: str, after: str, words: Vocabulary) -> tuple[int, str]:
    """How many characters to cut off `before`, and what to put between."""
    last = before[-1:]
    if last.isalpha() or last in ",.":
        return 0, "" if after[:1] == "—" and after[1:2] != " " else " "
    if last == SOFT:
        return 1, ""
    if last in _HYPHENS:
        return _at_hyphen(before, after, words)
    if last in "—―/" or before.endswith("--"):
        return 0, " " if before[-2:-1] == " " else ""
    if last == "–":
        return 0, "" if before[-2:-1].isdigit() else " "
    return 0, "" if after[:1] == "—" and after[1:2] != " " else " "


def _at_hyphen(before: str, after: str, words: Vocabulary) -> tuple[int, str]:
    one = _LAST.search(before[:-1])
    two = _FIRST.match(after)
    if one is None or two is None:
        return 0, " " if before[-2:-1] in (" ", "") else ""
    first, second = one[0], two[0]
    if second[0].isdigit():
        return 0, ""
    if second[0].isupper() and not (first.isupper() and len(first) > 1):
        return 0, ""
    if words.glue(first, second):
        return 0, ""
    return 1, ""
