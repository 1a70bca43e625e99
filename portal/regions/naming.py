"""How a region's Chinese name is spelt in pinyin and put into English."""

from functools import lru_cache

from pypinyin import lazy_pinyin, load_phrases_dict

# Place names whose reading is not the one a dictionary gives first.
load_phrases_dict(
    {
        "朝晖": [["zhāo"], ["huī"]],
        "闸弄口": [["zhá"], ["nòng"], ["kǒu"]],
        "长河": [["cháng"], ["hé"]],
        "长庆": [["cháng"], ["qìng"]],
        "大厦": [["dà"], ["shà"]],
        "乐安": [["lè"], ["ān"]],
        "三都": [["sān"], ["dū"]],
        "新农都": [["xīn"], ["nóng"], ["dū"]],
    }
)

# Characters of place names that are typed in two ways: the names of lanes say nong, dictionaries long.
ALSO_READ = {"弄": "long"}

# Chinese ending, its pinyin word, the English word. The longest match wins, so order matters.
ENDINGS: dict[str, tuple[tuple[str, str], ...]] = {
    "city": (("市", "City"),),
    "district": (("区", "District"), ("县", "County"), ("市", "City")),
    "street": (
        ("经济技术开发区", "Economic and Technological Development Zone"),
        ("街道", "Subdistrict"),
        ("商业城", "Commercial City"),
        ("世纪城", "Century City"),
        ("农场", "Farm"),
        ("垦区", "Reclamation Area"),
        ("镇", "Town"),
        ("畲族乡", "She Township"),
        ("乡", "Township"),
    ),
    "community": (
        ("社区居民委员会", "Community"),
        ("社区居委会", "Community"),
        ("村民委员会", "Village"),
        ("村委会", "Village"),
        ("居民委员会", "Community"),
        ("居委会", "Community"),
        ("社区", "Community"),
        ("生活区", "Residential Area"),
        ("村", "Village"),
    ),
}
_ALL_ENDINGS = sorted(
    {ending for endings in ENDINGS.values() for ending, _ in endings}, key=len, reverse=True
)


def _syllables(name: str) -> list[str]:
    """Return one toneless syllable for each character; ü is written v, as it is typed."""
    return lazy_pinyin(name, errors=list)  # type: ignore[arg-type]


def _ending(name: str) -> str:
    return next((e for e in _ALL_ENDINGS if name.endswith(e) and len(name) > len(e)), "")


@lru_cache(maxsize=8192)
def pinyin_of(name: str) -> str:
    """Return lower-case pinyin without tones, "kangqiao jiedao": the proper name, then its kind."""
    syllables = _syllables(name)
    cut = len(syllables) - len(_ending(name))
    return " ".join(word for word in ("".join(syllables[:cut]), "".join(syllables[cut:])) if word).lower()


@lru_cache(maxsize=8192)
def spellings(name: str) -> tuple[str, ...]:
    """Return pinyin without spaces and initials of a place name: as it is read, then as it is typed too.

    Unlike a listing's own name a region's is known: "kang" is no way to write 余杭.
    """
    ways = [_syllables(name)]
    if any(mark in ALSO_READ for mark in name):
        ways.append([ALSO_READ.get(mark, read) for mark, read in zip(name, ways[0], strict=True)])
    spelt = ["".join(way).lower() for way in ways] + [
        "".join(word[:1] for word in way).lower() for way in ways
    ]
    return tuple(dict.fromkeys(spelt))


def initials_of(name: str) -> str:
    """Return the first letter of each syllable, "kqjd"."""
    return "".join(syllable[:1] for syllable in _syllables(name)).lower()


def english_name(name: str, pinyin: str, level: str) -> str:
    """Return "Kangqiao Subdistrict" for 康桥街道; without a known ending the pinyin is capitalised."""
    for ending, word in ENDINGS[level]:
        if name.endswith(ending) and len(name) > len(ending):
            proper = (
                pinyin.split(" ")[0] if ending == _ending(name) else "".join(_syllables(name[: -len(ending)]))
            )
            proper = proper.capitalize()
            return proper if level == "city" else f"{proper} {word}"
    return " ".join(word.capitalize() for word in pinyin.split(" "))
