"""Writers and mirrors at the same time, with servers killed in between: at the end every mirror equals the database."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
WRITERS = 8
#: What each mirror asks for; small pages, so that passes last while others write.
QUESTIONS = ("limit=37", "limit=11&street=330105010", "limit=23&kind=canteen&state=published")
