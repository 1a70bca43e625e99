"""What a deed around the code refuses, and why: a code for programs, a sentence for people."""

import dataclasses
from typing import Any

from django.core.exceptions import ValidationError


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


def wrong(field: str, sentence: Any, code: str) -> ValidationError:
    """Return the fault of one field of a form, which programs know by its code."""
    return ValidationError({field: ValidationError(sentence, code=code)})
