"""Files as offices have them: they go in with sensible answers, or are refused with a sentence; none is a crash."""

import datetime as dt
import io
import zipfile
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from canteens.models import Canteen
from portal.listings import importing, importing_tables
from portal.listings.columns import column_headers
from portal.listings.importing_cells import read_clock, read_date, read_decimal, read_phone, read_whole
from portal.listings.importing_hours import read_weekly, write_weekly
from portal.listings.importing_tables import TableError, read_table
from portal.listings.importing_verdicts import NEW, REFUSED, in_both
from tests.factories import make_canteen
from tests.test_import_rows import said, verdicts

HEAD = ["名称", "街道", "地址", "纬度", "经度", "电话", "营业时间"]
ROW = ["康桥食堂", "康桥街道", "康桥路 1 号", 30.3441, 120.1651, "0571-1", "10:30-13:30"]


def workbook(*lines: list[Any], merged: tuple[str, ...] = (), hidden: tuple[int, ...] = ()) -> Workbook:
    """Return a workbook with these lines in its first sheet."""
    book = Workbook()
    for line in lines:
        book.active.append(line)
    for reach in merged:
        book.active.merge_cells(reach)
    for number in hidden:
        book.active.row_dimensions[number].hidden = True
    return book


def saved(book: Workbook) -> bytes:
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def read(content: bytes | Workbook) -> importing_tables.Table:
    return read_table(content if isinstance(content, bytes) else saved(content), "x", column_headers(Canteen))


def checked(content: bytes | Workbook, user: Any) -> Any:
    return importing.check_rows(Canteen, read(content), user)


def notes(table: importing_tables.Table) -> list[str]:
    return [in_both(note)["zh-hans"] for note in table.notes]


@pytest.mark.django_db
def test_titles_blank_rows_totals_and_remarks_are_left_out(clerk: Any) -> None:
    book = workbook(
        ["康桥街道小哥友好取餐点一览表"],
        [],
        ["序号", *HEAD],
        [1, *ROW],
        [],
        [2, "第二食堂", *ROW[1:]],
        ["合计", "2 家"],
        ["填表人：小李", None, "审核：老王"],
        merged=("A1:H1",),
    )
    table = read(book)
    report = importing.check_rows(Canteen, table, clerk)
    assert verdicts(report) == [NEW, NEW]
    assert [row.row for row in report.rows] == [4, 6]
    assert report.unknown_columns == []
    assert notes(table) == ["列名上方的内容未读取。", "合计、备注或重复的列名未读取：7、8"]


@pytest.mark.django_db
def test_cells_merged_over_rows_are_filled_down_and_a_header_over_two_rows_is_one(clerk: Any) -> None:
    book = workbook(
        ["名称", "所属街道", "详细地址", "位置（高德）", None, "联系电话"],
        [None, None, None, "纬度", "经度", None],
        ["甲食堂", "康桥街道", "康桥路1号", 30.3441, 120.1651, 13800138000.0],
        ["乙食堂", None, "康桥路2号", 30.3461, 120.1671, 1.3800138e10],
        merged=("A1:A2", "B1:B2", "C1:C2", "D1:E1", "F1:F2", "B3:B4"),
    )
    report = checked(book, clerk)
    assert verdicts(report) == [NEW, NEW]
    assert [row.changes["street"] for row in report.rows] == ["330105010", "330105010"]
    assert {row.changes["phone"] for row in report.rows} == {"13800138000"}


@pytest.mark.django_db
def test_a_header_over_two_rows_in_a_csv_file_is_one(clerk: Any) -> None:
    text = "名称,街道,位置,,电话\n,,纬度,经度,\n甲食堂,康桥街道,30.3441,120.1651,1\n"
    assert verdicts(checked(text.encode(), clerk)) == [NEW]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("header", "cell", "lat"),
    [
        ("经纬度", "120.1651,30.3441", 30.3464),
        ("坐标", "30.3441，120.1651", 30.3464),
        ("经纬度（WGS84）", "30.3441 120.1651", 30.3441),
        ("纬度", "北纬30°20′38.76″ 东经120°9′54.36″", 30.3464),
    ],
)
def test_coordinates_in_one_cell_are_read_in_either_order(
    header: str, cell: str, lat: float, clerk: Any
) -> None:
    report = checked(workbook(["名称", "街道", header], ["甲食堂", "康桥街道", cell]), clerk)
    assert verdicts(report) == [NEW], said(report)
    assert report.rows[0].changes["lat"] == pytest.approx(lat, abs=2e-4)


@pytest.mark.django_db
def test_coordinates_in_two_cells_may_be_degrees_and_swapped_ones_are_said_to_be(clerk: Any) -> None:
    degrees = [*ROW[:3], "30°20′38.76″", "120°9′54.36″", *ROW[5:]]
    swapped = [*ROW[:3], 120.1651, 30.3441, *ROW[5:]]
    assert verdicts(checked(workbook(HEAD, degrees), clerk)) == [NEW]
    report = checked(workbook(HEAD, swapped), clerk)
    assert verdicts(report) == [REFUSED]
    assert "颠倒" in said(report)


@pytest.mark.django_db
@pytest.mark.parametrize(("hint", "datum"), [("高德", "gcj02"), ("百度", "bd09"), ("GPS", "wgs84")])
def test_the_header_says_which_datum_a_position_is_in(hint: str, datum: str, clerk: Any) -> None:
    book = workbook(["名称", "街道", f"纬度({hint})", f"经度({hint})"], ["甲", "康桥街道", 30.3441, 120.1651])
    assert checked(book, clerk).rows[0].changes["entered_datum"] == datum


@pytest.mark.django_db
def test_numbers_of_the_office_s_own_do_not_stop_a_row(clerk: Any) -> None:
    table = read(workbook(["编号", *HEAD], [1, *ROW], [2, "第二食堂", *ROW[1:]]))
    assert verdicts(importing.check_rows(Canteen, table, clerk)) == [NEW, NEW]
    assert "都按新增处理" in notes(table)[0]
    place = make_canteen()
    mixed = workbook(["编号", *HEAD], [1, *ROW], [place.public_id, "康桥食堂", *ROW[1:]])
    assert verdicts(checked(mixed, clerk)) == [REFUSED, "changed"]


@pytest.mark.django_db
def test_streets_are_known_by_what_people_call_them(clerk: Any) -> None:
    for name in ("康桥", "康桥街道", "杭州市拱墅区康桥街道", "330105010"):
        report = checked(workbook(HEAD, [ROW[0], name, *ROW[2:]]), clerk)
        assert verdicts(report) == [NEW], (name, said(report))


@pytest.mark.django_db
def test_errors_formulas_and_shortened_numbers_are_refused_each_with_a_sentence(clerk: Any) -> None:
    book = workbook(HEAD, [*ROW[:5], "=1+1", ROW[6]], [*ROW[:5], "#N/A", ROW[6]])
    report = checked(book, clerk)
    assert verdicts(report) == [REFUSED, REFUSED]
    assert "公式" in said(report, 0)
    assert "错误" in said(report, 1)
    text = "名称,街道,电话\n甲,康桥街道,1.38001E+10\n"
    report = checked(text.encode(), clerk)
    assert "缩短" in said(report)


def test_another_sheet_holds_the_table_and_hidden_ones_are_not_read() -> None:
    book = workbook(["通知"], ["请各社区填写"])
    book.active.title = "通知"
    secret = book.create_sheet("旧表")
    secret.append(HEAD)
    secret.append(["旧食堂", *ROW[1:]])
    secret.sheet_state = "hidden"
    real = book.create_sheet("食堂")
    real.append(HEAD)
    real.append(ROW)
    table = read(book)
    assert [texts[0] for _number, texts in table.rows] == ["康桥食堂"]
    assert notes(table) == ["已读取工作表“食堂”；未读取：通知、旧表"]


def test_hidden_rows_are_read_and_told_of() -> None:
    table = read(workbook(HEAD, ROW, ["第二食堂", *ROW[1:]], hidden=(3,)))
    assert len(table.rows) == 2
    assert notes(table) == ["另有 1 个隐藏行也已读取。"]


def test_a_template_of_ours_says_nothing_of_its_sheet_of_notes() -> None:
    from portal.listings import exporting

    table = read(exporting.template(Canteen, "xlsx"))
    assert table.notes == []


def test_columns_without_a_name_and_the_header_said_again_are_left_out() -> None:
    table = read(workbook(HEAD, ROW, HEAD, ["第二食堂", *ROW[1:]]))
    assert [texts[0] for _number, texts in table.rows] == ["康桥食堂", "第二食堂"]


def test_a_hundred_thousand_rows_are_refused_without_being_kept() -> None:
    content = ("名称,街道\n" + "康桥食堂,康桥街道\n" * 100_000).encode()
    with pytest.raises(TableError, match="5000"):
        read(content)
    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    for number in range(20_000):
        sheet.append([f"食堂{number}", "康桥街道"])
    with pytest.raises(TableError, match=r"5000|10000"):
        read(saved(book))


def packed(**parts: bytes) -> bytes:
    """Return a workbook of ours with some parts replaced."""
    changed = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(saved(workbook(HEAD, ROW)))) as source,
        zipfile.ZipFile(changed, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for part in source.infolist():
            name = part.filename.rpartition("/")[2].partition(".")[0]
            target.writestr(part.filename, parts.get(name, source.read(part)))
    return changed.getvalue()


BOMB = (
    b'<?xml version="1.0"?><!DOCTYPE worksheet [<!ENTITY a "aaaaaaaaaa">'
    + b"".join(b'<!ENTITY %c "%s">' % (98 + n, b"&%c;" % (97 + n) * 10) for n in range(9))
    + b']><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row r="1">'
    + b'<c r="A1" t="inlineStr"><is><t>&j;</t></is></c></row></sheetData></worksheet>'
)


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"\xd0\xcf\x11\xe0" + b"\0" * 600, ".xls"),
        (b"\xd0\xcf\x11\xe0" + b"\0" * 600 + "EncryptedPackage".encode("utf-16-le"), "密码"),
        (b"<html><table><tr><td>1</td></tr></table></html>", "网页"),
        (b"\xef\xbb\xbf \n<?xml version='1.0'?><Workbook/>", "网页"),
        (packed(sheet1=BOMB), "重新"),
        (packed(sheet1=b"\0" * 70_000_000), "解压"),
        (packed(sheet1=b"<worksheet"), "重新"),
    ],
    ids=["xls", "password", "html", "xml 2003", "entities", "zip bomb", "broken"],
)
def test_what_is_no_table_is_refused_with_what_to_do(content: bytes, word: str) -> None:
    with pytest.raises(TableError) as caught:
        read(content)
    assert word in caught.value.messages[0]


@pytest.mark.parametrize(
    "content",
    [
        "名称;街道\n甲;康桥街道\n".encode("gb18030"),
        "名称\t街道\n甲\t康桥街道\n".encode("utf-16"),
        "sep=;\n名称;街道\n甲;康桥街道\n".encode("utf-8-sig"),
        "\n\n名称，街道\n甲，康桥街道\n".encode(),
        "名 称＊,街　道\n甲,康桥街道\n".encode(),
    ],
)
def test_csv_as_it_comes_is_read(content: bytes) -> None:
    [(_number, texts)] = read(content).rows
    assert texts == ["甲", "康桥街道"]


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("早上10点半-下午2点", "每天 10:30-14:00"),
        ("10：30～13：30", "每天 10:30-13:30"),
        ("周末休息", "周六至周日 休息"),
        ("周一至五 10:30-13:30", "周一至周五 10:30-13:30"),
        ("工作日10:30-13:30，周末休息", "工作日 10:30-13:30; 周六至周日 休息"),
        ("早餐6:30-8:30 午餐10:30-13:00", "每天 06:30-08:30(早餐)、10:30-13:00(午餐)"),
        ("下午2点-5点", "每天 14:00-17:00"),
        ("晚上10点-2点", "每天 22:00-02:00"),
        ("8:00-次日2:00", "每天 08:00-02:00"),
        ("7*24小时", "每天 24小时"),
        ("周一至周五10:30-13:30（节假日除外）", "周一至周五 10:30-13:30; 法定节假日 休息"),
        ("上午十点半至下午一点半", "每天 10:30-13:30"),
        ("中午十一点到一点", "每天 11:00-13:00"),
        ("10:30AM-2:00PM", "每天 10:30-14:00"),
        ("10:30-13:30/16:30-19:00", "每天 10:30-13:30、16:30-19:00"),
        ("周六、日休息", "周六至周日 休息"),
    ],
)
def test_hours_as_people_say_them_are_read(text: str, hours: str) -> None:
    assert write_weekly(read_weekly(text)) == hours


def test_cells_that_a_spreadsheet_made_something_of_are_read() -> None:
    assert (read_clock("0.4375"), read_clock("上午".removeprefix("上午") + "10点")) == ("10:30", "10:00")
    assert (read_date("46296"), read_date("20261001"), read_date("2026. 10. 1")) == (
        "2026-10-01",
        "2026-10-01",
        "2026-10-01",
    )
    for text in ("10元/份", "￥10.00", "10 元每位", "人民币10元", "10块"):
        assert read_decimal(text, 2) == "10.00", text
    assert (read_whole("50份"), read_whole("１，２００ 座")) == (50, 1200)
    assert read_phone("1.3800138E+10") == read_phone("13800138000.0") == "13800138000"
    for text in ("1.38001E+10", "1e400", "1.23456789E+2"):
        with pytest.raises(ValidationError):
            read_phone(text)


CELL = st.one_of(
    st.none(),
    st.text(st.characters(blacklist_categories=("Cs", "Cc")), max_size=20),
    st.floats(allow_nan=False, allow_infinity=False, width=32),
    st.integers(-(10**12), 10**12),
    st.datetimes(dt.datetime(1901, 1, 1), dt.datetime(2100, 1, 1)).map(
        lambda one: one.replace(microsecond=0)
    ),
    st.times().map(lambda one: one.replace(microsecond=0)),
    st.sampled_from(
        ["=1+1", "#REF!", "合计", "早上10点半", "１２", "120.1,30.2", "周末休息", "10元/份", "1.3E+10"]
    ),
)


@pytest.mark.django_db
def test_no_cell_in_any_column_is_a_crash(clerk: Any) -> None:
    names = sorted(set(column_headers(Canteen).values()))

    @settings(max_examples=60, deadline=None)
    @given(st.lists(st.lists(CELL, min_size=len(names), max_size=len(names)), min_size=1, max_size=2))
    def goes_in(rows: list[list[Any]]) -> None:
        for row in rows:
            row[names.index("name")] = row[names.index("name")] or "甲"
        try:
            table = read(workbook(names, *rows))
        except TableError:
            return
        for row in importing.check_rows(Canteen, table, clerk).as_json()["rows"]:
            assert row["verdict"] in {"new", "refused"}
            assert bool(row["reasons"]) == (row["verdict"] == "refused")

    goes_in()


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=40))
def test_no_text_of_hours_is_a_crash(text: str) -> None:
    try:
        rows = read_weekly(text)
    except ValidationError:
        return
    assert all(row["rule"] in {"open", "all_day", "closed", "unknown"} for row in rows)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=300))
def test_no_bytes_are_a_crash(content: bytes) -> None:
    for start in (b"", b"PK\x03\x04", "名称,街道\n".encode()):
        try:
            read(start + content)
        except TableError as error:
            assert error.messages[0]
