"""How a region's Chinese name is spelt in pinyin and put into English."""

from collections.abc import Iterable
from functools import lru_cache

from pypinyin import lazy_pinyin, load_phrases_dict, load_single_dict

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
        "朝阳": [["cháo"], ["yáng"]],
        "民乐": [["mín"], ["lè"]],
        "西乐": [["xī"], ["lè"]],
        "平巷": [["píng"], ["xiàng"]],
        "射干": [["shè"], ["gān"]],
        "卜家": [["bǔ"], ["jiā"]],
        "仇村": [["qiú"], ["cūn"]],
        "仇家": [["qiú"], ["jiā"]],
    }
)
# Characters that names of places and families read otherwise than the language does by itself.
load_single_dict(
    {
        ord("长"): "cháng,zhǎng",
        ord("都"): "dū,dōu",
        ord("曾"): "zēng,céng",
        ord("缪"): "miào,móu,miù",
        ord("佛"): "fó,fú,bó,bì",
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
        ("村村民委员会", "Village"),
        ("村村委会", "Village"),
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
# 鸿儒村村委会 is written Hongru Village and still spelt hongrucun cunweihui.
_ALL_ENDINGS = sorted(
    {ending for endings in ENDINGS.values() for ending, _ in endings if not ending.startswith("村村")},
    key=len,
    reverse=True,
)
#: Words that stand by themselves at the beginning and at the end of a longer name.
_FIRST = ("萧山", "余杭", "下沙", "临江")
_LAST = ("工业园区", "科技园", "花园", "新村", "家园", "畲族", "民族", "东苑", "西苑", "南苑", "北苑", "新苑")


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


def joined(syllables: Iterable[str]) -> str:
    """Return syllables as one capitalised word, with the apostrophe that keeps two apart: Xi'an, Chun'an."""
    word = ""
    for syllable in syllables:
        word += f"'{syllable}" if word and syllable[:1] in ("a", "o", "e") else syllable
    return word.capitalize()


@lru_cache(maxsize=8192)
def english_name(name: str, level: str) -> str:
    """Return "Kangqiao Subdistrict" for 康桥街道; without a known ending the pinyin alone.

    A name of one character keeps what it is in Chinese too: 梵村 is Fancun Village.
    """
    for ending, word in ENDINGS[level]:
        proper = name.removesuffix(ending)
        if proper and proper != name:
            if len(proper) == 1 and ending[0] in "村镇乡垦":
                proper = name[:2]
            return proper_name(proper) if level == "city" else f"{proper_name(proper)} {word}"
    return proper_name(name)


def proper_name(name: str) -> str:
    """Return a name's pinyin as it is shown: capitalised, with ü, in as few words as it is read."""
    first = next((word for word in _FIRST if name.startswith(word) and len(name) > len(word) + 1), "")
    rest = name[len(first) :]
    last = next((word for word in _LAST if rest.endswith(word) and len(rest) > len(word)), "")
    words = filter(None, (first, rest.removesuffix(last), last))
    return " ".join(
        joined(lazy_pinyin(word, errors=list, v_to_u=True))  # type: ignore[arg-type]
        for word in words
    )


def short_name(name: str) -> str:
    """Return a region's name as people say it, 康桥 for 康桥街道; the whole name where one character would remain."""
    short = name[: len(name) - len(_ending(name))]
    return short if len(short) > 1 else name
