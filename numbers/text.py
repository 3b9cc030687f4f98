"""How numbers and words are compared: folding, n-grams, and what looks alike."""

import re
import unicodedata
from functools import lru_cache

from confusable_homoglyphs import confusables

_LEAVE_OUT = re.compile(r"[\s\-.()/]+")
#: Digits that people read as letters; not among Unicode's confusables.
_AS_LETTERS = str.maketrans({"0": "o", "1": "l", "5": "s", "3": "e", "4": "a", "i": "l"})
#: Letters that Unicode does not take apart.
_PLAIN = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ı": "i", "æ": "ae", "œ": "oe"})
GRAM = 3


def fold_word(text: str) -> str:
    """Return ``text`` as keywords are compared: NFKC, casefolded, outer spaces gone.

    Folding twice with a normalization between, as Unicode 3.13 defines caseless matching.
    """
    for _round in range(2):
        text = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    # Last, for normalizing a spacing accent brings forth a space.
    return text.strip()


def folded(text: str) -> str:
    """Return ``text`` as the list's search compares it: folded, no plus, spaces or dashes."""
    word = fold_word(text)
    compact = _LEAVE_OUT.sub("", word).removeprefix("+")
    return compact if compact.isdigit() else word


def search_grams(text: str) -> list[str]:
    """Return every run of three characters once; empty for shorter texts."""
    return sorted({text[at : at + GRAM] for at in range(len(text) - GRAM + 1)})


def skeleton(text: str) -> str:
    """Return what ``text`` looks like: accents gone, foreign look-alikes as Latin letters."""
    bare = unicodedata.normalize("NFKD", fold_word(text))
    letters = (mark for mark in bare if not unicodedata.combining(mark))
    return "".join(_as_latin(letter) for letter in letters).translate(_AS_LETTERS)


@lru_cache(maxsize=4096)
def _as_latin(letter: str) -> str:
    if letter.isascii():
        return letter
    found = confusables.is_confusable(letter, greedy=True, preferred_aliases=[])
    for entry in found or []:
        for twin in entry["homoglyphs"]:
            if len(twin["c"]) == 1 and twin["c"].isascii() and twin["c"].isalnum():
                return str(twin["c"]).lower()
    return letter


def fold_place(text: str) -> str:
    """Return the name of a place as it is searched: words of letters without accents."""
    bare = unicodedata.normalize("NFKD", fold_word(text).translate(_PLAIN))
    kept = (mark if mark.isalnum() else " " for mark in bare if not unicodedata.combining(mark))
    return " ".join("".join(kept).split())


def without_punctuation(word: str) -> str:
    """Return the word without marks at its ends, as opt-out words are recognised."""
    start, end = 0, len(word)
    while start < end and not word[start].isalnum():
        start += 1
    while end > start and not word[end - 1].isalnum():
        end -= 1
    return word[start:end]
