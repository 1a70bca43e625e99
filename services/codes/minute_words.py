"""The word of the minute: the same on the courier's pass screen and on the display of the gate he stands at.

Whoever shows a picture of an earlier pass has an earlier word. It proves nothing by itself and opens nothing; a guard
says it aloud, so the words are of two characters, everyday, and no two of them sound alike, southern accents included.
"""

import csv
import hmac
from functools import cache
from pathlib import Path

from services.codes.derived import secret

SOURCE = Path(__file__).parent / "data" / "words_of_the_minute.csv"


def word_at(checkpoint_number: int, minute: int) -> str:
    """Return the Chinese word of a gate in a minute, counted from 1970 (Unix seconds // 60); the next one differs.

    Raise KeyFault where there are no keys, ValueError for numbers below zero.
    """
    if checkpoint_number < 0 or minute < 0:
        raise ValueError(f"There is no gate {checkpoint_number} or minute {minute}.")
    message = checkpoint_number.to_bytes(8) + minute.to_bytes(8)
    drawn = int.from_bytes(hmac.digest(secret("words of the minute"), message, "sha256")[:8])
    # Even minutes draw from one half of the words and odd ones from the other: a word never stands for two minutes.
    half = tuple(words())[minute % 2 :: 2]
    return half[drawn % len(half)]


def english(word: str) -> str:
    """Return what a word means. Raise KeyError for one that is no word of the minute."""
    return words()[word]


@cache
def words() -> dict[str, str]:
    """Return every word with its English, in the order of the file."""
    with SOURCE.open(encoding="utf-8", newline="") as file:
        return {row["word"]: row["english"] for row in csv.DictReader(file)}
