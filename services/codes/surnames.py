"""Chinese surnames of two characters, simplified and traditional.

Sources: 百家姓 (the Song primer, which closes with them) up to 第五; the last line of the simplified ones is from
通志·氏族略, 魏书·官氏志, 金史 and 八旗满洲氏族通谱, and 范姜 from Taiwan. A pair that is far more often one surname
with the first character of a given name (有琴, 归海, 墨哈, 张简) is left out: the other rule then hides more.
"""

SIMPLIFIED = (
    "万俟 司马 上官 欧阳 夏侯 诸葛 闻人 东方 赫连 皇甫 尉迟 公羊 澹台 公冶 宗政 濮阳 淳于 单于 太叔 申屠 公孙 仲孙 "
    "轩辕 令狐 钟离 宇文 长孙 慕容 鲜于 闾丘 司徒 司空 亓官 司寇 仉督 子车 颛孙 端木 巫马 公西 漆雕 乐正 壤驷 公良 "
    "拓跋 夹谷 宰父 谷梁 段干 百里 东郭 南门 呼延 羊舌 微生 梁丘 左丘 东门 西门 伯赏 南宫 第五 "
    "独孤 贺兰 贺若 贺拔 达奚 哥舒 耶律 完颜 纳兰 叶赫 那拉 钮祜 范姜 即墨 褚师 屠岸 毋丘 綦毋 南荣 东里 西陵"
)
TRADITIONAL = (
    "万俟 萬俟 司馬 歐陽 諸葛 聞人 東方 赫連 尉遲 澹臺 濮陽 單于 公孫 仲孫 軒轅 鍾離 鐘離 長孫 鮮于 閭丘 閭邱 "
    "子車 顓孫 巫馬 樂正 壤駟 夾谷 穀梁 段干 東郭 南門 梁丘 左丘 東門 西門 伯賞 南宮 獨孤 賀蘭 賀若 賀拔 達奚 完顏 "
    "納蘭 葉赫 范姜 褚師 毋丘 南榮 東里"
)
COMPOUND_SURNAMES = frozenset(f"{SIMPLIFIED} {TRADITIONAL}".split())
