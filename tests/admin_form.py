"""Read an admin form as a browser does, so that tests post exactly what a person would."""

from html.parser import HTMLParser
from typing import Any


class _Fields(HTMLParser):
    """Collect the successful controls of the form with an id that ends in `_form`."""

    def __init__(self) -> None:
        super().__init__()
        self.data: dict[str, Any] = {}
        self.inside = self.in_template = False
        self.select: str | None = None
        self.first: str | None = None
        self.textarea: str | None = None

    def put(self, name: str, value: str) -> None:
        if name in self.data:
            known = self.data[name]
            self.data[name] = [*(known if isinstance(known, list) else [known]), value]
        else:
            self.data[name] = value

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        given = dict(attrs)
        if tag == "form":
            self.inside = (given.get("id") or "").endswith("_form")
        if tag == "template":
            self.in_template = True
        if not self.inside or self.in_template:
            return
        name = given.get("name")
        if tag == "input" and name:
            kind = given.get("type", "text")
            if kind in {"submit", "button", "file"} or (
                kind in {"checkbox", "radio"} and "checked" not in given
            ):
                return
            self.put(name, given.get("value") or ("on" if kind == "checkbox" else ""))
        elif tag == "select":
            self.select, self.first = name, None
        elif tag == "option" and self.select:
            value = given.get("value", "")
            if "selected" in given:
                self.put(self.select, value)
                self.select = None
            elif self.first is None:
                self.first = value
        elif tag == "textarea":
            self.textarea = name
            self.put(str(name), "")

    def handle_data(self, data: str) -> None:
        if self.textarea:
            self.data[self.textarea] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.inside = False
        elif tag == "template":
            self.in_template = False
        elif tag == "select" and self.select:
            self.put(self.select, self.first or "")
            self.select = None
        elif tag == "textarea" and self.textarea:
            self.data[self.textarea] = self.data[self.textarea].removeprefix("\n").replace("\n", "\r\n")
            self.textarea = None


def fields_of(html: str) -> dict[str, Any]:
    """Return name → value of everything that the form would send."""
    parser = _Fields()
    parser.feed(html)
    return parser.data
