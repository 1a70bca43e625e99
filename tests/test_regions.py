"""The administrative levels and the command that loads them."""

import time
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.utils.translation import override

from portal.regions.areas import DATA, area_name, outlines, validate_area_code
from portal.regions.models import City, Community, District, Street
from portal.regions.naming import english_name, pinyin_of

HANGZHOU = DATA / "hangzhou" / "regions.csv"
GOOD = [
    "code,level,name,parent_code",
    "3301,city,杭州市,",
    "330105,district,拱墅区,3301",
    "330105010,street,康桥街道,330105",
    "330105010001,community,康桥社区,330105010",
]


def load(capsys: Any, path: Path) -> str:
    call_command("load_regions", str(path))
    return capsys.readouterr().out


def table(tmp_path: Path, lines: list[str]) -> Path:
    path = tmp_path / "regions.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.mark.django_db
def test_the_whole_city_loads_quickly_and_a_second_run_changes_nothing(capsys: Any) -> None:
    pinyin_of("预热")  # reading pypinyin's dictionary is not part of loading
    started = time.monotonic()
    assert "added: 3530" in load(capsys, HANGZHOU)
    assert time.monotonic() - started < 10
    counts = [model.objects.count() for model in (City, District, Street, Community)]
    assert counts == [1, 13, 196, 3320]
    again = load(capsys, HANGZHOU)
    assert [line for line in again.splitlines() if not line.endswith(": 0")] == []


@pytest.mark.django_db
def test_a_new_table_reports_what_was_added_renamed_and_gone(tmp_path: Path, capsys: Any) -> None:
    load(capsys, table(tmp_path, GOOD))
    changed = [*GOOD[:3], "330105010,street,新康桥街道,330105", "330105011,street,半山街道,330105"]
    told = load(capsys, table(tmp_path, changed))
    assert "added: 1\n  330105011 半山街道" in told
    assert "renamed: 1\n  330105010 康桥街道 → 新康桥街道" in told
    assert "gone: 1\n  330105010001 康桥社区" in told
    assert not Community.objects.get(pk="330105010001").is_current, (
        "a gone region stays, because listings point at it"
    )
    assert Street.objects.get(pk="330105010").pinyin == "xinkangqiao jiedao"
    told = load(capsys, table(tmp_path, GOOD))
    assert "returned: 1\n  330105010001 康桥社区" in told


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("330199,district,某区,3302", "line 6: the parent '3302' is not a city of this table"),
        ("330199001,street,某街道,330198", "line 6: the parent '330198' is not a district of this table"),
        (
            "330199001,street,某街道,330105",
            "line 6: the code 330199001 does not begin with its parent's, 330105",
        ),
        ("3301050,district,某区,3301", "line 6: the code '3301050' of a district must have 6 digits"),
        ("33010x,district,某区,3301", "line 6: the code '33010x' of a district must have 6 digits"),
        ("330105,district,某区,3301", "line 6: the code 330105 is already on line 3"),
        ("330199,province,某区,3301", "line 6: unknown level 'province'"),
        ("330199,district,,3301", "line 6: the name must have 1 to 60 characters"),
        ("330105,street,某街道,330105", "line 6: the code '330105' of a street must have 9 digits"),
    ],
)
def test_a_broken_line_is_named_and_nothing_is_loaded(tmp_path: Path, line: str, told: str) -> None:
    with pytest.raises(CommandError) as refusal:
        call_command("load_regions", str(table(tmp_path, [*GOOD, line])))
    assert told in str(refusal.value)
    assert not City.objects.exists()


@pytest.mark.django_db
def test_a_file_that_is_no_table_is_refused_with_the_reason(tmp_path: Path) -> None:
    for content, told in (
        (b"code,name\n3301,x\n", "the column level, parent_code is missing"),
        ("code,level,name,parent_code\n3301,city,杭州市,\n".encode("gb18030"), "not UTF-8"),
        (b"code,level,name,parent_code\n", "no rows"),
    ):
        path = tmp_path / "bad.csv"
        path.write_bytes(content)
        with pytest.raises(CommandError, match=told):
            call_command("load_regions", str(path))
    with pytest.raises(CommandError, match="No such file"):
        call_command("load_regions", str(tmp_path / "absent.csv"))


def test_names_are_spelt_and_put_into_english() -> None:
    for name, level, pinyin, english in (
        ("康桥街道", "street", "kangqiao jiedao", "Kangqiao Subdistrict"),
        ("长庆街道", "street", "changqing jiedao", "Changqing Subdistrict"),
        ("朝晖街道", "street", "zhaohui jiedao", "Zhaohui Subdistrict"),
        ("三墩镇", "street", "sandun zhen", "Sandun Town"),
        ("合村乡", "street", "hecun xiang", "Hecun Township"),
        ("拱墅区", "district", "gongshu qu", "Gongshu District"),
        ("桐庐县", "district", "tonglu xian", "Tonglu County"),
        ("建德市", "district", "jiande shi", "Jiande City"),
        ("杭州市", "city", "hangzhou shi", "Hangzhou"),
        ("康桥社区", "community", "kangqiao shequ", "Kangqiao Community"),
        ("径山村委会", "community", "jingshan cunweihui", "Jingshan Village"),
        ("长宁村委会", "community", "changning cunweihui", "Changning Village"),
        ("朝阳村村委会", "community", "chaoyangcun cunweihui", "Chaoyang Village"),
        ("曾家桥村委会", "community", "zengjiaqiao cunweihui", "Zengjiaqiao Village"),
        ("南都社区", "community", "nandu shequ", "Nandu Community"),
        ("民乐社区", "community", "minle shequ", "Minle Community"),
        ("江滨花园社区", "community", "jiangbinhuayuan shequ", "Jiangbin Huayuan Community"),
        ("梵村委会", "community", "fan cunweihui", "Fancun Village"),
        ("绿荷塘村委会", "community", "lvhetang cunweihui", "Lühetang Village"),
        ("临安区", "district", "linan qu", "Lin'an District"),
        ("淳安县", "district", "chunan xian", "Chun'an County"),
        ("围垦区", "street", "wei kenqu", "Weiken Reclamation Area"),
        ("萧山钱江世纪城", "street", "xiaoshanqianjiang shijicheng", "Xiaoshan Qianjiang Century City"),
    ):
        assert pinyin_of(name) == pinyin
        assert english_name(name, level) == english


def test_an_area_has_a_name_in_both_languages(regions: Any) -> None:
    assert area_name("330105010") == "康桥街道"
    assert area_name("330105010", "en") == "Kangqiao Subdistrict"
    assert area_name("339999") == "339999"
    street = regions["330105010"]
    assert street.initials == "kqjd"
    with override("en"):
        assert str(street) == "Kangqiao Subdistrict"
    with override("zh-hans"):
        assert str(street) == "康桥街道"


def test_only_codes_of_loaded_regions_are_areas(regions: Any) -> None:
    for code in ("3301", "330105", "330105010", "330105010001"):
        validate_area_code(code)
    for code in ("", "33", "330199", "33010501", "３３０１０５", "330105010 "):
        with pytest.raises(ValidationError):
            validate_area_code(code)


def test_a_clerk_is_offered_the_own_street_and_the_levels_above_it(clerk: Any, anyone: Any) -> None:
    assert [s.name for s in Street.objects.visible_to(clerk)] == ["康桥街道"]
    assert [d.name for d in District.objects.visible_to(clerk)] == ["拱墅区"]
    assert [c.name for c in Community.objects.visible_to(clerk)] == ["康桥社区"]
    assert Street.objects.visible_to(anyone).count() == 3
    assert not Street.objects.editable_by(clerk).exists()


def test_every_district_has_an_outline_in_wgs84() -> None:
    found = outlines()["features"]
    assert len(found) == 13
    assert {"330102", "330105"} <= {f["properties"]["code"] for f in found}
    lng, lat = found[0]["geometry"]["coordinates"][0][0][0]
    assert 118 < lng < 121
    assert 29 < lat < 31
