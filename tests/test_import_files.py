"""Files of all sorts: read whatever their name says, or refused with a sentence that says what to do."""

import io
import time
import zipfile
from typing import Any

import pytest
from openpyxl import Workbook

from portal.listings import importing_sheets, importing_tables
from portal.listings.importing_cells import Formula
from portal.listings.importing_tables import TableError, read_table

CSV = "名称,地址\n康桥食堂,康桥路 1 号\n"


def xlsx(*lines: list[Any]) -> bytes:
    """Return a workbook with these lines in its first sheet."""
    book = Workbook()
    for line in lines:
        book.active.append(line)
    book.create_sheet("说明").append(["不读"])
    saved = io.BytesIO()
    book.save(saved)
    return saved.getvalue()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "gbk", "utf-16"])
def test_csv_in_every_usual_encoding_is_read(encoding: str) -> None:
    table = read_table(CSV.encode(encoding), "x.csv")
    assert table.header == ["名称", "地址"]
    assert table.rows == [(2, ["康桥食堂", "康桥路 1 号"])]


@pytest.mark.parametrize("sign", [";", "\t"])
def test_other_delimiters_are_found(sign: str) -> None:
    assert read_table(CSV.replace(",", sign).encode()).rows == [(2, ["康桥食堂", "康桥路 1 号"])]


def test_a_cell_with_line_ends_and_commas_stays_one_cell() -> None:
    table = read_table('名称,套餐\n甲,"一荤 | 菜,饭\n两荤"\n'.encode())
    assert table.rows == [(2, ["甲", "一荤 | 菜,饭\n两荤"])]


def test_xlsx_is_read_whatever_its_name_says_and_empty_rows_are_left_out() -> None:
    table = read_table(xlsx(["名称*", "电话"], [None, None], ["甲", 57112345.0], ["乙", "＝"]), "renamed.csv")
    assert table.header == ["名称", "电话"]
    assert table.rows == [(3, ["甲", "57112345"]), (4, ["乙", "＝"])]


def test_a_formula_is_told_from_a_text() -> None:
    table = read_table(xlsx(["名称", "电话"], ["甲", "=1+1"]))
    assert isinstance(table.rows[0][1][1], Formula)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n \n",
        b"\xd0\xcf\x11\xe0" + b"\0" * 600,
        b"MZ\x90\0" + b"\0" * 600,
        b"PK\x03\x04 broken",
        b"\x81\x20\xff\xff\xff",
        '名称,地址\n"甲,乙\n'.encode(),
        "名称,名称\n甲,乙\n".encode(),
    ],
    ids=["empty", "blank", "xls", "executable", "broken zip", "no text", "open quote", "twice"],
)
def test_what_cannot_be_read_is_refused_with_a_sentence(content: bytes) -> None:
    with pytest.raises(TableError) as caught:
        read_table(content, "x.xlsx")
    assert len(caught.value.messages[0]) > 5


def test_a_zip_that_is_no_workbook_is_refused() -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("readme.txt", "no")
    with pytest.raises(TableError):
        read_table(packed.getvalue(), "x.xlsx")


def test_too_many_rows_bytes_or_unpacked_bytes_are_refused(monkeypatch: Any) -> None:
    monkeypatch.setattr(importing_tables, "MAX_ROWS", 2)
    with pytest.raises(TableError):
        read_table("名称\n甲\n乙\n丙\n".encode())
    monkeypatch.setattr(importing_tables, "MAX_BYTES", 10)
    with pytest.raises(TableError):
        read_table(CSV.encode())
    monkeypatch.setattr(importing_tables, "MAX_BYTES", 10**6)
    monkeypatch.setattr(importing_tables, "MAX_UNPACKED_BYTES", 100)
    with pytest.raises(TableError):
        read_table(xlsx(["名称"], ["甲"]))


def sheet_of(rows: str) -> bytes:
    """Return a workbook whose sheet holds these rows of XML."""
    changed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(xlsx(["名称"]))) as source, zipfile.ZipFile(changed, "w") as target:
        for part in source.infolist():
            text = source.read(part)
            if part.filename.endswith("sheet1.xml"):
                before, _sep, after = text.partition(b"</sheetData>")
                text = before + rows.encode() + _sep + after
            target.writestr(part, text)
    return changed.getvalue()


@pytest.mark.parametrize("number", [10_001, 1_048_576, 2_000_000_000, 10**30])
@pytest.mark.parametrize("cell", ['<c r="A{}"><v>1</v></c>', ""])
def test_a_row_far_below_is_refused_before_the_empty_rows_above_it_are_made(number: int, cell: str) -> None:
    content = sheet_of(f'<row r="{number}">{cell.format(number)}</row>')
    assert len(content) < 10_000
    began = time.process_time()
    with pytest.raises(TableError) as raised:
        read_table(content)
    assert time.process_time() - began < 3
    assert "10000" in raised.value.messages[0]


def test_a_csv_of_empty_lines_is_refused() -> None:
    with pytest.raises(TableError, match="10000"):
        read_table(b"\n" * 10_001 + b"x")


def test_a_row_not_so_far_below_is_read() -> None:
    assert read_table(sheet_of('<row r="9000"><c r="A9000"><v>1</v></c></row>')).rows == [(9000, ["1"])]


def test_only_what_a_broken_file_raises_is_put_down_to_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    def out_of_memory(_value: Any) -> Any:
        raise MemoryError

    monkeypatch.setattr(importing_sheets, "Formula", out_of_memory)
    with pytest.raises(MemoryError):
        read_table(xlsx(["名称"], ["=1+1"]))
