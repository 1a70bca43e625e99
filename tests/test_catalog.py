"""The Chinese catalogue: complete, consistent, and really served."""

import polib
import pytest
from django.utils import translation

from scripts import catalog, messages


def test_every_message_has_chinese() -> None:
    assert catalog.faults() == []


def test_a_real_chinese_sentence_comes_out_of_the_compiled_catalogue() -> None:
    with translation.override("zh-hans"):
        assert translation.gettext("No results matching your query") == "没有符合条件的结果"


def test_english_stays_english() -> None:
    with translation.override("en"):
        assert translation.gettext("No results matching your query") == "No results matching your query"


def test_every_message_of_the_admin_theme_is_chinese() -> None:
    roots = [root for root in catalog.library_roots() if root.name == "unfold"]
    wanted, _unreadable = catalog.wanted(roots)
    assert len(wanted) >= 88
    with translation.override("zh-hans"):
        english = {msgid for context, msgid in wanted if _translated(context, msgid) == msgid}
    assert english == {"%(class_name)s %(instance)s"}  # nothing but placeholders


def _translated(context: str | None, msgid: str) -> str:
    """Return the Chinese of a message, of its plural when it has one (older Pythons keep those apart)."""
    if context:
        return translation.pgettext(context, msgid)
    said = translation.gettext(msgid)
    return said if said != msgid else translation.ngettext(msgid, msgid, 1)


@pytest.fixture
def parts(tmp_path, monkeypatch):
    """Return a function that writes one part of an empty catalogue."""
    monkeypatch.setattr(catalog, "LOCALE", tmp_path)
    (tmp_path / "parts").mkdir()

    def write(name: str, **entries: str) -> None:
        po = polib.POFile()
        for msgid, msgstr in entries.items():
            po.append(polib.POEntry(msgid=msgid, msgstr=msgstr))
        po.save(str(tmp_path / "parts" / name))

    return write


def test_two_parts_that_word_one_message_differently_are_reported(parts) -> None:
    parts("a.po", Open="营业中")
    parts("b.po", Open="打开")
    assert "a.po and b.po differ on 'Open'" in catalog.faults()


def test_the_part_for_libraries_gives_way_to_ours(parts) -> None:
    parts("stations.po", Open="营业中")
    parts(catalog.LIBRARY_PART, Open="打开")
    merged, clashes = catalog.merge()
    assert [entry.msgstr for entry in merged] == ["营业中"]
    assert clashes == []


def test_messages_are_found_in_code_and_templates(tmp_path) -> None:
    (tmp_path / "code.py").write_text(
        "from django.utils.translation import gettext as say, pgettext_lazy, ngettext\n"
        "say('One') + pgettext_lazy('door', 'Two') + ngettext('%d bed', '%d beds', 3)\n"
        "gettext('not imported')\n"
    )
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "page.html").write_text(
        "{% translate 'It\\'s' %}<b title=\"{% translate \"Three\" %}\">{{ _('Four') }}</b>\n"
        "{% blocktranslate count n=beds trimmed %}\n  {{ n }} bed\n{% plural %}\n {{ n }} beds\n"
        "{% endblocktranslate %}{% include 'x' with title=_('Five') %}{{ a|default:_('Six') }}"
    )
    found, faults = catalog.wanted([tmp_path])
    assert faults == []
    assert set(found) >= {
        (None, "One"),
        ("door", "Two"),
        (None, "%d bed"),
        (None, "Three"),
        (None, "Four"),
        (None, "%(n)s bed"),
        (None, "Five"),
        (None, "Six"),
    }
    assert (None, "not imported") not in found


def test_a_message_built_from_an_f_string_is_refused(tmp_path) -> None:
    path = tmp_path / "code.py"
    path.write_text("from django.utils.translation import gettext\ngettext(f'{x} beds')\n")
    with pytest.raises(messages.Unreadable, match="code.py:2"):
        list(messages.from_python(path))
