"""Rendering a drawing, and keeping it under the name of its content."""

import hashlib
import json
import re
from functools import lru_cache
from weakref import WeakKeyDictionary

from django.core.files.base import ContentFile
from django.core.files.storage import Storage, storages
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from .kinds import Drawing
from .paints import Paints
from .scenes import scene

_stored: WeakKeyDictionary[Storage, set[str]] = WeakKeyDictionary()


def drawing_svg(drawing: Drawing) -> str:
    """Return the SVG of a drawing, 400 by 300: light, and dark for readers who prefer it."""
    return _render(drawing.template, json.dumps(drawing.params, sort_keys=True))


def store_drawing(drawing: Drawing) -> str:
    """Return the path of a drawing in the public storage, written there if it is new."""
    content = drawing_svg(drawing).encode()
    path = f"drawings/{hashlib.sha256(content).hexdigest()[:32]}.svg"
    storage = storages["public"]
    known = _stored.setdefault(storage, set())
    if path not in known:
        if not storage.exists(path):
            written = storage.save(path, ContentFile(content))
            if written != path:  # Somebody stored the same drawing in the same moment.
                storage.delete(written)
        known.add(path)
    return path


@lru_cache(maxsize=512)
def _render(template: str, params: str) -> str:
    paints = Paints()
    values = json.loads(params)
    context = {**values, **scene(template, values), **paints.by_use()}
    frame = {
        "scene": render_to_string(f"drawings/{template}.svg", context),
        "dark": SafeString(paints.dark_rules()),
    }
    svg = render_to_string("drawings/_frame.svg", frame)
    return re.sub(r"\s*\n\s*", "", re.sub(r">\s+<", "><", svg)).strip()
