"""Which natural language a statement is in: by script, then by its most frequent little words."""

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping

_MIN_WORDS = 12
"""Fewer say nothing."""
_MIN_SHARE = 0.12
"""Share of little words in running text of the right language is 0.25 to 0.5."""
_MIN_SCRIPT_SHARE = 0.3
_WORD = re.compile(r"[^\W\d_]+")
_NOT_PROSE = re.compile(r"```.*?```|\$\$.*?\$\$|\$[^$\n]*\$|`[^`\n]*`|https?://\S+|!?\[[^\]]*\]\([^)]*\)", re.DOTALL)

_LITTLE_WORDS: Mapping[str, frozenset[str]] = {
    language: frozenset(words.split())
    for language, words in {
        "en": "the of and to a is in that it you are for with be on as this by each from have or if an can one will",
        "sv": "och att det som en är på av för med den till inte ett har du kan de om från ska alla varje när sig",
        "da": "og at det som en er på af for med den til ikke et har du kan de om fra skal alle hver når sig",
        "no": "og å det som en er på av for med den til ikke et har du kan de om fra skal alle hver når seg",
        "de": "der die und das in den von zu mit ist des dem ein eine nicht auf für sich es als auch wird sind oder",
        "nl": "de het een van en in is dat op te zijn met voor niet aan er die je om ook als worden wordt naar",
        "fr": "le la les de des et en un une du est que qui dans pour pas par sur au ce il vous avec sont chaque",
        "es": "el la los las de y en un una que es se del por con para no su al lo como más si cada número",
        "pt": "o a os as de e em um uma que é do da no na se para com por não mais como dos das você cada",
        "it": "il la le di e in un una che è del della per con non si da al sono i gli come più ogni dei",
        "fi": "ja on ei se että ovat joka kun tai mutta niin jos ole voi kuin sen siitä mitä hän kaikki yksi",
        "pl": "i w na z się nie do jest to że o jak dla po od są który która które oraz lub tego być każdy",
        "cs": "a v na se je že s z do o k to jako pro ve po by jsou který která které nebo tak být každý",
        "hu": "a az és hogy nem egy is van meg ez de ha csak el mint minden lehet vagy amely azt ki szám",
        "ro": "și în de la cu pe un o este nu că din care se pentru sunt sau fie dacă mai lui unei al",
        "tr": "ve bir bu için ile da de olarak olan en çok her gibi ne daha kadar sonra var veya değil",
        "id": "yang dan di dari untuk dengan pada adalah ini itu ke tidak dalam atau sebuah akan dapat anda setiap",
        "vi": "và của là có các một cho trong được không với số những từ này đó khi bạn mỗi hoặc",
        "hr": "i u je se na da za su od koji koja koje ne s iz o kao to ili do svaki broj ako biti",
        "is": "og að í á er sem til það við ekki um með en fyrir hún hann eru frá ef þú",
        "lv": "un ir ka no uz ar par kas vai nav tiek tā to ja kā arī var viens katrs",
        "lt": "ir yra kad į iš su kaip ar bet tai jei kuris nuo gali vienas kiekvienas",
        "et": "ja on ei et see kui ka või mis ning oma ta siis iga üks kes aga",
    }.items()
}
_SCRIPTS: Mapping[str, str] = {
    "CJK": "zh", "HIRAGANA": "ja", "KATAKANA": "ja", "HANGUL": "ko", "CYRILLIC": "ru", "GREEK": "el",
    "ARABIC": "ar", "HEBREW": "he", "THAI": "th", "DEVANAGARI": "hi", "BENGALI": "bn", "TAMIL": "ta",
    "GEORGIAN": "ka", "ARMENIAN": "hy",
}  # fmt: skip
_UKRAINIAN = re.compile(r"[іїєґ]", re.IGNORECASE)


def detect_language(markdown: str) -> str:
    """The ISO 639-1 code of the language of a statement, or "" where there is too little text to tell.

    A language written in a script of its own is told by that (all of Cyrillic but Ukrainian counts as Russian). The
    others are told by how many of the words are among their some twenty most frequent little words.
    """
    prose = _NOT_PROSE.sub(" ", markdown)
    letters = Counter(script for char in prose if char.isalpha() and (script := _script(char)))
    total = letters.total()
    if not total:
        return ""
    foreign = {script: count for script, count in letters.items() if script in _SCRIPTS}
    if sum(foreign.values()) / total >= _MIN_SCRIPT_SHARE:
        return _by_script(foreign, prose)
    found = [word.casefold() for word in _WORD.findall(prose)]
    if len(found) < _MIN_WORDS:
        return ""
    counts = {language: sum(word in little for word in found) for language, little in _LITTLE_WORDS.items()}
    best = max(counts, key=lambda language: counts[language])
    return best if counts[best] / len(found) >= _MIN_SHARE else ""


def _script(char: str) -> str:
    return unicodedata.name(char, "").split(" ", 1)[0]


def _by_script(counts: Mapping[str, int], prose: str) -> str:
    # Japanese mixes Chinese characters with its own two syllabaries; Chinese has none of those.
    if counts.get("HIRAGANA", 0) + counts.get("KATAKANA", 0) > 0.1 * sum(counts.values()):
        return "ja"
    language = _SCRIPTS[max(counts, key=lambda script: counts[script])]
    return "uk" if language == "ru" and _UKRAINIAN.search(prose) else language
