"""Addresses in Latin letters."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.listings.postal import address_en


@pytest.mark.parametrize(
    ("address", "latin"),
    [
        ("康桥路12号", "12 Kangqiao Road"),
        ("示例路 1 号", "1 Shili Road"),
        ("康桥路１２号", "12 Kangqiao Road"),
        ("新塘路19-3号", "19-3 Xintang Road"),
        ("解放路89号-1", "89-1 Jiefang Road"),
        ("延安路", "Yan'an Road"),
        ("文一西路528号A座", "Building A, 528 Wenyi West Road"),
        ("中山北路", "Zhongshan North Road"),
        ("江南大道588号", "588 Jiangnan Avenue"),
        ("下沙6号大街452号", "452 Xiasha No. 6 Street"),
        ("延安路2弄15号", "No. 15, Lane 2, Yan'an Road"),
        ("石桥路279号3幢2单元302室", "Room 302, Unit 2, Building 3, 279 Shiqiao Road"),
        ("望江东路332号B座3层", "Floor 3, Building B, 332 Wangjiang East Road"),
        ("朝晖六区12幢", "Building 12, Area 6, Zhaohui"),
        ("西溪诚园南门", "South Gate, Xixi Chengyuan"),
        ("杭州东站东广场地下一层", "Basement 1, Hangzhou Dongzhan Dong Guangchang"),
        ("古墩路与文二西路交叉口", "corner of Gudun Road and Wen'er West Road"),
        ("庆春路（近中河中路）", "Qingchun Road (near Zhonghe Middle Road)"),
        ("留和路318号食堂对面", "opposite Shitang, 318 Liuhe Road"),
        ("西湖区", "Xihu District"),
        ("长宁街9号", "9 Changning Street"),
        (
            "浙江省杭州市拱墅区康桥街道康桥社区康桥路12号",
            "12 Kangqiao Road, Kangqiao Community, Kangqiao Subdistrict, Gongshu District, Hangzhou",
        ),
        ("拱宸桥街道衢州路社区文澜街51号", "51 Wenlan Street, Quzhoulu Community, Gongchenqiao Subdistrict"),
        ("瓜沥镇甘露亭村8号", "No. 8, Ganluting Village, Guali Town"),
        ("12 Kangqiao Road", "12 Kangqiao Road"),
        ("", ""),
    ],
)
def test_an_address_goes_from_the_door_outwards(address: str, latin: str) -> None:
    assert address_en(address) == latin


PARTS = st.sampled_from(
    [
        "康桥",
        "拱墅区",
        "街道",
        "社区",
        "村",
        "路",
        "大道",
        "弄",
        "号",
        "幢",
        "单元",
        "12",
        "3",
        "A",
        "一",
        "十",
        "与",
        "近",
        "旁",
        "对面",
        "交叉口",
        "东",
        "南",
        "（",
        "）",
        "、",
        "，",
        "地下",
        "层",
        "门",
        "市",
        "省",
        "杭州",
        "-",
    ]
)


@given(st.lists(PARTS, max_size=40).map("".join))
def test_no_character_of_an_address_stays_chinese(address: str) -> None:
    assert not re.search(r"[\u4e00-\u9fff]", address_en(address))


@given(st.text(max_size=200))
def test_anything_may_stand_where_an_address_should(text: str) -> None:
    assert isinstance(address_en(text), str)


@pytest.mark.parametrize("mark", list("近旁路号区市村弄十(（与"))
def test_a_mark_a_hundred_times_over_is_read_as_well(mark: str) -> None:
    assert isinstance(address_en(mark * 200), str)
