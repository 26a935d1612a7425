"""Names of people and addresses: what can be said without a dictionary of either.

A name has no check digit. A Chinese one begins with one of few surnames and is short; a
Latin one is two or three capitalised words, some of them common. Streets give addresses away.
"""

from __future__ import annotations

import re
from typing import Final

_SURNAMES: Final = frozenset(
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏"
    "魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵"
    "万钱严覃武戴莫孔向汤常温康施文牛樊葛邢安齐易乔伍庞颜倪庄聂章鲁岳翟殷詹申欧耿关兰焦俞左柳甘"
    "祝包宁尚符舒阮柯纪梅童凌毕单季裴霍涂成苗谷盛曲翁冉骆蓝路游辛靳管柴蒙鲍华喻祁蒲房滕屈饶解牟"
    "艾尤阳时穆农司卓古吉缪简车项连芦麦褚娄窦戚岑景党宫费卜冷晏席卫米柏宗瞿桂全佟应臧闵苟邬边卞姬"
    "师和仇栾隋商刁沙荣巫寇桑郎甄丛仲虞敖巩明佘池查麻苑迟邝官封谈匡鞠惠荆乐冀郁胥南班储原栗燕楚"
    "鄢劳谌奚皮粟冼蔺楼盘满闻位厉伊仝区郜海阚花权强帅屠豆朴盖练廉禹井祖漆巴丰支卿国狄平计索宣晋"
    "傅萧洪赖阎湛茅殷凤昌贝昝嵇於糜富逄郦濮蔚越隆师聂晁勾敖融冷訾辛阚简饶空曾沙养鞠须丰"
    "相初门云容敬来扈晁芮都普阙浦戈伏鹿薄邸雍辜羊阿乌母裘亓修邰赫杭况那宿鲜印逯隆茹诺战慕危玉银亢"
)
_DOUBLE_SURNAMES_LISTED: Final = (
    "欧阳 上官 司马 诸葛 皇甫 尉迟 令狐 慕容 司徒 夏侯 公孙 端木 东方 独孤 南宫 长孙 宇文"
)
_DOUBLE_SURNAMES: Final = frozenset(_DOUBLE_SURNAMES_LISTED.split())
_CHINESE: Final = re.compile(r"[\u4e00-\u9fff]{2,4}")
# Places, units, products and weekdays that begin like a surname.
_NO_NAME: Final = re.compile(
    r".*[省市区县镇乡村路街道巷号楼行部司局店科处组室厂院校所站费款卡贷宝险类型级份元万年月日]|周[日天末期年]|星期.?|.*[一二三四五六七八九十]"
)
_LATIN_WORD: Final = r"[A-Z][a-zà-ÿ]+(?:[-'][A-Z][a-zà-ÿ]+)?"
_LATIN: Final = re.compile(rf"{_LATIN_WORD}(?:,? (?:[A-Z]\.?|{_LATIN_WORD})){{1,3}}")
_COMMON_LISTED: Final = (
    "james robert john michael david william richard joseph thomas charles christopher daniel "
    "matthew anthony mark donald steven paul andrew joshua kenneth kevin brian george timothy "
    "ronald edward jason jeffrey ryan jacob gary nicholas eric jonathan stephen larry justin scott "
    "brandon benjamin samuel gregory frank alexander raymond patrick jack dennis jerry tyler aaron "
    "jose adam nathan henry douglas zachary peter kyle ethan walter noah jeremy christian keith "
    "roger terry harry sean austin gerald carl oliver leo lucas luke simon martin felix max karl "
    "hans jan lars pierre jean marco luca giovanni carlos juan luis miguel pedro ahmed ali omar "
    "mary patricia jennifer linda elizabeth barbara susan jessica sarah karen lisa nancy betty "
    "margaret sandra ashley kimberly emily donna michelle carol amanda dorothy melissa deborah "
    "stephanie rebecca sharon laura cynthia kathleen amy angela shirley anna brenda pamela emma "
    "nicole helen samantha katherine christine debra rachel carolyn janet catherine maria heather "
    "diane ruth julie olivia joyce virginia victoria kelly lauren christina joan evelyn judith "
    "megan andrea cheryl hannah jacqueline martha gloria teresa ann sara madison frances kathryn "
    "janice jean alice sophia grace julia isabella charlotte claire eva sofia elena petra fatima "
    "smith johnson williams brown jones garcia miller davis rodriguez martinez hernandez lopez "
    "gonzalez wilson anderson taylor moore jackson lee perez thompson white harris sanchez clark "
    "ramirez lewis robinson walker young allen king wright torres nguyen hill flores green adams "
    "nelson baker hall rivera campbell mitchell carter roberts müller schmidt schneider fischer "
    "weber meyer wagner becker schulz hoffmann martin bernard dubois rossi russo ferrari novak "
    "zhang wang liu chen yang huang zhao zhou"
)
_COMMON: Final = frozenset(_COMMON_LISTED.split())

_ZH_ADDRESS: Final = re.compile(
    r"(?:省|市|自治区|区|县|镇)[^，。,;；]{1,20}?(?:路|街|道|巷|村|镇|弄|里|小区|花园|大厦)"
    r"[^，。,;；]{0,12}?[0-9０-９一二三四五六七八九十]+(?:号|室|栋|幢|弄|组|单元|楼|层)"
)
_EN_ADDRESS: Final = re.compile(
    r"\b\d{1,5}[A-Za-z]?,? (?:[NSEW]\.? )?(?:[A-Z][\w'.-]+ ){1,4}"
    r"(?:Street|St|Road|Rd|Avenue|Ave|Lane|Ln|Drive|Dr|Boulevard|Blvd|Court|Ct|Square|Place|Pl|"
    r"Way|Terrace|Close|Crescent)\b"
    r"|\b[A-ZÄÖÜ][a-zäöüß]+(?:straße|strasse|weg|platz|gasse) \d{1,4}[a-z]?\b"
)
_PARTED: Final = re.compile(r"[\s_()（）-]+")


def is_person(text: str) -> bool:
    """Whether a short value reads like the name of a person, alone or as a part of it."""
    stripped = text.strip()
    if _LATIN.fullmatch(stripped):
        return any(word.lower() in _COMMON for word in re.findall(_LATIN_WORD, stripped))
    return any(_is_chinese(part) for part in _PARTED.split(stripped.replace("·", "")))


def _is_chinese(text: str) -> bool:
    if not _CHINESE.fullmatch(text) or _NO_NAME.fullmatch(text):
        return False
    if text[:2] in _DOUBLE_SURNAMES:
        return len(text) > len("欧阳")
    return text[0] in _SURNAMES and len(text) < len("一二三四")


def is_address(text: str) -> bool:
    """Whether a street and a number stand in the text."""
    return bool(_ZH_ADDRESS.search(text) or _EN_ADDRESS.search(text))


_PINYIN: Final = re.compile(
    r"(?:wang|li|zhang|liu|chen|yang|huang|zhao|wu|zhou|xu|sun|ma|zhu|hu|guo|he|lin|gao|luo|zheng|"
    r"liang|xie|song|tang|han|feng|deng|cao|peng|zeng|xiao|tian|dong|yuan|pan|jiang|cai|du|ye|cheng)"
    r"[ _.-]?(?:(?:zh|ch|sh|[bpmfdtnlgkhjqxrzcsyw])?(?:[iu]?an|[iu]?ang|iong|[ei]ng?|ong|iao|ao|"
    r"[iu]?ai|ei|[iu]?ou|ue|uo|ie|iu|ui|un|[aeiouv])){1,2}"
)


def may_name_someone(text: str) -> bool:
    """Whether one part of a path could be somebody's name; too often rather than too seldom."""
    words = [word.lower() for word in re.findall(r"[^\W\d_]+", text)]
    return (
        is_person(text)
        or any(word in _COMMON for word in words)
        or bool(_PINYIN.fullmatch("".join(text.lower().split())))
    )
