"""Names of generated places: made from the region and a common noun, each ending with （示例）."""

import random

from portal.listings.pinyin import latin

EXAMPLE, EXAMPLE_EN = "（示例）", "(example)"
PROVENANCE = "示例数据，由演示程序生成，并非真实地点"

CANTEENS = {
    "邻里食堂": "Neighbours' Canteen",
    "便民餐厅": "Diner",
    "小哥食堂": "Couriers' Canteen",
    "暖心餐厅": "Warm Heart Diner",
    "家常菜馆": "Home Cooking",
    "面馆": "Noodles",
    "快餐店": "Quick Meals",
    "早餐店": "Breakfast",
    "社区食堂": "Community Canteen",
    "小吃店": "Snacks",
    "夜宵店": "Late Meals",
    "饺子馆": "Dumplings",
}
APARTMENTS = {
    "蓝领公寓": "Blue-collar Apartments",
    "骑手之家": "Riders' Home",
    "暖新公寓": "Warm Home Apartments",
}
STATIONS = {
    "小哥驿站": "Couriers' Station",
    "暖心驿站": "Warm Heart Station",
    "骑士驿站": "Riders' Station",
    "工会驿站": "Union Station",
    "红色驿站": "Red Station",
    "司机之家": "Drivers' Home",
}
COMPOUNDS = {
    "花园": "Garden",
    "苑": "Court",
    "家园": "Homes",
    "新村": "New Village",
    "雅苑": "Court",
    "景园": "Park",
    "公寓": "Flats",
    "名邸": "Residence",
    "小区": "Estate",
    "华庭": "Court",
    "里": "Lane",
    "府": "Residence",
    "公馆": "Residence",
    "嘉园": "Homes",
}
NOUNS = {"canteen": CANTEENS, "apartment": APARTMENTS, "station": STATIONS, "compound": COMPOUNDS}
STEMS = (
    "春",
    "秋",
    "南",
    "北",
    "东",
    "西",
    "和",
    "安",
    "明",
    "清",
    "云",
    "桂",
    "竹",
    "荷",
    "锦",
    "丰",
    "金",
    "翠",
    "兰",
    "梧",
    "溪",
    "泽",
)
SECOND = (
    "风",
    "月",
    "岸",
    "桥",
    "河",
    "林",
    "悦",
    "湖",
    "景",
    "和",
    "光",
    "语",
    "畔",
    "秀",
    "泰",
    "润",
    "水",
)
ENDINGS = (
    "社区居民委员会",
    "居民委员会",
    "居委会",
    "村委会",
    "社区",
    "村民委员会",
    "街道",
    "镇",
    "乡",
    "村",
    "县",
    "区",
)


def stem(name: str) -> str:
    """Return a region's name without its level: 康桥社区 → 康桥."""
    for ending in ENDINGS:
        if name.endswith(ending) and len(name) > len(ending) + 1:
            return name.removesuffix(ending)
    return name


def village(name: str) -> str:
    """Return a community's name as addresses write it: 藻溪村委会 → 藻溪村, 康桥社区 as it is."""
    for ending, level in (
        ("村民委员会", "村"),
        ("村委会", "村"),
        ("社区居民委员会", "社区"),
        ("居委会", "社区"),
    ):
        if name.endswith(ending):
            short = name.removesuffix(ending)
            return short if short.endswith(level) else short + level
    return name


class Namer:
    """Draws names that do not repeat."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.used: set[str] = set()

    def name(self, kind: str, region: str, noun: str = "") -> tuple[str, str]:
        """Return a new Chinese and English name for a kind ("canteen", …) near a region."""
        nouns = NOUNS[kind]
        chosen = noun or self.rng.choice(list(nouns))
        for attempt in range(60):
            own = self.rng.choice(STEMS) + self.rng.choice(SECOND)
            if kind == "compound":
                start = own if attempt < 30 else stem(region) + own
            else:
                start = stem(region) + (own if attempt else "")
            if start + chosen not in self.used:
                break
        self.used.add(start + chosen)
        return f"{start}{chosen}{EXAMPLE}", f"{latin(start)} {nouns[chosen]} {EXAMPLE_EN}"


def phone(rng: random.Random) -> str:
    """Return a number that cannot exist: local numbers in Hangzhou do not begin with 0."""
    return f"0571-0000{rng.randrange(10_000):04d}"


def address(rng: random.Random, street: str, community: str) -> str:
    """Return an address that says that it is made up."""
    return f"{street}{village(community)}示例路{rng.randrange(1, 400)}号"
