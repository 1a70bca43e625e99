"""Names of generated places: made from the region and a common noun, each ending with （示例）."""

import random

EXAMPLE = "（示例）"
PROVENANCE = "示例数据，由演示程序生成，并非真实地点"

CANTEENS = (
    "邻里食堂",
    "便民餐厅",
    "小哥食堂",
    "暖心餐厅",
    "家常菜馆",
    "面馆",
    "快餐店",
    "早餐店",
    "社区食堂",
    "小吃店",
    "夜宵店",
    "饺子馆",
)
APARTMENTS = ("蓝领公寓", "骑手之家", "青年公寓", "暖新公寓", "人才公寓")
STATIONS = ("小哥驿站", "暖心驿站", "骑士驿站", "工会驿站", "红色驿站", "司机之家")
COMPOUNDS = (
    "花园",
    "苑",
    "家园",
    "新村",
    "雅苑",
    "景园",
    "公寓",
    "名邸",
    "小区",
    "华庭",
    "里",
    "府",
    "公馆",
    "嘉园",
)
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


class Namer:
    """Draws names that do not repeat."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.used: set[str] = set()

    def name(self, kind: str, region: str) -> str:
        """Return a new name for a kind ("canteen", …) near a region."""
        for attempt in range(40):
            found = self._draw(kind, stem(region), attempt) + EXAMPLE
            if found not in self.used:
                break
        else:
            found = f"{found.removesuffix(EXAMPLE)}{len(self.used)}号{EXAMPLE}"
        self.used.add(found)
        return found

    def _draw(self, kind: str, near: str, attempt: int) -> str:
        if kind == "compound":
            return self.rng.choice(STEMS) + self.rng.choice(SECOND) + self.rng.choice(COMPOUNDS)
        nouns = {"canteen": CANTEENS, "apartment": APARTMENTS, "station": STATIONS}[kind]
        word = self.rng.choice(STEMS) + self.rng.choice(SECOND) if attempt else ""
        return near + word + self.rng.choice(nouns)


def phone(rng: random.Random) -> str:
    """Return a number that cannot exist: local numbers in Hangzhou do not begin with 0."""
    return f"0571-0000{rng.randrange(10_000):04d}"


def address(rng: random.Random, street: str, community: str) -> str:
    """Return an address that says that it is made up."""
    return f"{street}{community}示例路{rng.randrange(1, 400)}号"
