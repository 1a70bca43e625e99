"""What a deed around the code refuses, and why: a code for programs, a sentence for people."""

import dataclasses
from typing import Any


@dataclasses.dataclass
class CodeRefused(Exception):
    """A deed was refused. `sentence` is lazy text; `more` stands beside it in an answer in JSON."""

    code: str
    sentence: Any
    status: int = 400
    field: str = ""
    more: dict[str, Any] = dataclasses.field(default_factory=dict)

    def __str__(self) -> str:
        return str(self.sentence)
