# ruff: noqa: RUF001 - letters that look like others are what this is about
"""Words in disguise, and innocent sentences: what the reading of prompts is measured on."""

import itertools
import random
import unicodedata

WORDS = [
    "blood",
    "gore",
    "nude",
    "naked",
    "kill",
    "murder",
    "corpse",
    "porn",
    "weapon",
    "rifle",
    "suicide",
    "heroin",
    "cocaine",
    "torture",
    "zombie",
    "bullet",
    "violence",
    "terrorist",
    "massacre",
    "topless",
    "lingerie",
    "sex",
    "hell",
    "drogen",
    "sangre",
    "nackt",
    "bomb",
    "boob",
    "ass",
    "hit",
]
"""Words that moderators forbid; the short ones are there because they are the hardest."""

INNOCENT_WORDS = [*WORDS, "soft", "along", "penis", "anus", "rape", "assassin", "shit", "satrap"]
"""What the innocent sentences are read for: also words that neighbours make by accident."""

_CYRILLIC = {
    "a": "\u0430", "b": "\u0432", "c": "\u0441", "e": "\u0435", "h": "\u043d", "i": "\u0456",
    "k": "\u043a", "m": "\u043c", "o": "\u043e", "p": "\u0440", "r": "\u0433", "s": "\u0455",
    "t": "\u0442", "x": "\u0445", "y": "\u0443",
}  # fmt: skip
_GREEK = {
    "a": "\u03b1", "e": "\u03b5", "i": "\u03b9", "k": "\u03ba", "o": "\u03bf",
    "p": "\u03c1", "t": "\u03c4", "u": "\u03c5", "v": "\u03bd", "x": "\u03c7",
}  # fmt: skip
_SMALL_CAPITALS = {
    "a": "\u1d00", "b": "\u0299", "c": "\u1d04", "d": "\u1d05", "e": "\u1d07", "g": "\u0262",
    "h": "\u029c", "i": "\u026a", "k": "\u1d0b", "l": "\u029f", "m": "\u1d0d", "n": "\u0274",
    "o": "\u1d0f", "p": "\u1d18", "r": "\u0280", "t": "\u1d1b", "u": "\u1d1c", "v": "\u1d20",
    "z": "\u1d22",
}  # fmt: skip
_ARMENIAN = {"h": "\u0570", "n": "\u0578", "o": "\u0585", "u": "\u057d", "g": "\u0581"}
_LISU = {
    "a": "\ua4ee", "b": "\ua4d0", "c": "\ua4da", "d": "\ua4d3", "e": "\ua4f0", "g": "\ua4d6",
    "h": "\ua4e7", "k": "\ua4d7", "l": "\ua4e1", "m": "\ua4df", "n": "\ua4e0",
    "o": "\ua4f3", "p": "\ua4d1", "r": "\ua4e3", "s": "\ua4e2", "t": "\ua4d4", "u": "\ua4f4",
}  # fmt: skip
_ACCENTS = {
    "a": "á",
    "c": "ç",
    "e": "ë",
    "i": "ï",
    "n": "ñ",
    "o": "ö",
    "s": "š",
    "u": "ü",
    "l": "ł",
}
_LEET = {"a": "4", "e": "3", "i": "1", "o": "0", "s": "5", "t": "7", "l": "1"}


def swapped(table, most=99):
    """Put what ``table`` has in the place of letters, ``most`` of them at the most."""

    def disguise(word):
        left, found = most, []
        for one in word:
            use = one in table and left > 0
            left -= use
            found.append(table[one] if use else one)
        return None if "".join(found) == word else "".join(found)

    return disguise


def inner(table):
    """The same, but the ends of the word stay."""

    def disguise(word):
        found = word[0] + "".join(table.get(one, one) for one in word[1:-1]) + word[-1]
        return None if found == word else found

    return disguise


def font(first, upper=False):
    base = ord("A") if upper else ord("a")
    return lambda word: "".join(
        chr(first + ord(one.upper() if upper else one) - base) for one in word
    )


def between(gap):
    return lambda word: gap.join(word)


def cut(gap, share=0.5):
    def disguise(word):
        at = max(1, min(len(word) - 1, round(len(word) * share)))
        return word[:at] + gap + word[at:]

    return disguise


def around(before, after):
    def disguise(word):
        at = max(1, len(word) // 3)
        return word[:at] + before + word[at:-1] + after + word[-1]

    return disguise


def in_three(word):
    if len(word) < 6:
        return None
    third = len(word) // 3
    return f"{word[:third]} {word[third : 2 * third]} {word[2 * third :]}"


def first_vowel_often(word):
    at = next(n for n, one in enumerate(word) if one in "aeiou")
    return word[:at] + word[at] * 5 + word[at + 1 :]


DISGUISES = {
    "letters": {
        "Cyrillic": swapped(_CYRILLIC),
        "one Cyrillic letter": swapped(_CYRILLIC, 1),
        "Greek": swapped(_GREEK),
        "Armenian": swapped(_ARMENIAN),
        "Lisu": swapped(_LISU),
        "small capitals": swapped(_SMALL_CAPITALS),
        "accents": swapped(_ACCENTS),
        "stacked accents": lambda word: "".join(f"{one}\u0301\u0323\u0334" for one in word),
        "full width": font(0xFF41),
        "bold": font(0x1D41A),
        "script": font(0x1D4EA),
        "circled": font(0x24D0),
        "dark squares": font(0x1F170, upper=True),
        "flags": font(0x1F1E6, upper=True),
        "capital I for l": swapped({"l": "I"}),
        "palochka for l": swapped({"l": "\u04cf"}),
        "palochka for i": swapped({"i": "\u04cf"}),
        "click for l": swapped({"l": "\u01c0"}),
        "\u25cb for o": swapped({"o": "\u25cb"}),
        "\u2b55 for o": swapped({"o": "\u2b55"}),
        "\u2205 for o": swapped({"o": "\u2205"}),
        "\u0153 for o": swapped({"o": "\u0153"}),
        "\u3007 for o": inner({"o": "\u3007"}),
        "l for I in capitals": lambda word: (
            word.upper().replace("I", "l") if "i" in word[1:-1] else None
        ),
    },
    "digits": {
        "0 3 4 for vowels": swapped({"a": "4", "e": "3", "o": "0"}),
        "one digit": swapped(_LEET, 1),
        "1 for i and l": inner({"i": "1", "l": "1"}),
        "Arabic digits": inner(
            {"a": "\u0664", "e": "\u0663", "i": "\u0661", "l": "\u0661", "t": "\u0667"}
        ),
        "Devanagari digits": inner({"e": "\u0969", "o": "\u0966", "s": "\u096b"}),
        "@ $": swapped({"a": "@", "s": "$"}),
        "! for i": inner({"i": "!"}),
        "! for l": inner({"l": "!"}),
        "| for l": swapped({"l": "|"}),
        "| for i": inner({"i": "|"}),
        "8 for b": swapped({"b": "8"}, 1),
        "6 for b": swapped({"b": "6"}, 1),
        "6 for g": swapped({"g": "6"}, 1),
        "13 for b": swapped({"b": "13"}, 1),
        "|3 for b": swapped({"b": "|3"}, 1),
        "\u20ac for e": swapped({"e": "\u20ac"}),
        "() for o": inner({"o": "()"}),
    },
    "gaps": {
        "spaces": between(" "),
        "two spaces": between("  "),
        "dots": between("."),
        "dashes": between("-"),
        "underscores": between("_"),
        "asterisks": between("*"),
        "commas": between(", "),
        "lines": between("\n"),
        "emoji": between("\U0001f525"),
        "spaces and digits": lambda word: (
            (swapped(_LEET, 2)(word) or "") and " ".join(swapped(_LEET, 2)(word))
        ),
        "one dot": cut("."),
        "one dash": cut("-"),
        "one apostrophe": cut("'"),
        "the first letter apart": cut(" ", 0),
        "the last letter apart": cut(" ", 1),
        "spaces and capitals": lambda word: " ".join(word.upper()),
    },
    "pieces": {
        "a space": cut(" "),
        "two letters first": lambda word: f"{word[:2]} {word[2:]}" if len(word) > 3 else None,
        "two letters last": lambda word: f"{word[:-2]} {word[-2:]}" if len(word) > 3 else None,
        "a new line": cut("\n"),
        "a tab": cut("\t"),
        "three spaces": cut("   "),
        "three pieces": in_three,
        "a piece with a digit": lambda word: (
            inner(_LEET)(word) and cut(" ")(swapped(_LEET, 1)(word))
        ),
    },
    "repeats": {
        "a vowel": first_vowel_often,
        "the first letter": lambda word: word[0] * 3 + word,
        "the last letter": lambda word: word + word[-1] * 6,
        "all doubled": lambda word: "".join(one * 2 for one in word),
        "all trebled": lambda word: "".join(one * 3 for one in word),
        "a hundred times": lambda word: word[:-1] + word[-1] * 100,
        "apart and doubled": lambda word: " ".join(one * 2 for one in word).replace(" ", " "),
        "apart and long": lambda word: " ".join(first_vowel_often(word)),
    },
    "hidden": {
        "zero-width spaces": between("\u200b"),
        "soft hyphens": between("\u00ad"),
        "word joiners": between("\u2060"),
        "turned direction": cut("\u202e"),
        "variation selectors": between("\ufe0f"),
        "bold": around("**", "**"),
        "spoiler": around("||", "||"),
        "half a spoiler": cut("||"),
        "italics": around("*", "*"),
        "struck out": around("~~", "~~"),
        "code": around("`", "`"),
        "a link": lambda word: f"[{word[:2]}](http://a.b/c){word[2:]}",
        "a backslash": cut("\\"),
        "Hangul fillers beside it": lambda word: f"x\u3164{word}\u3164y",
        "Hangul fillers within": between("\u3164"),
        "Braille blanks within": between("\u2800"),
        "Braille blanks beside it": lambda word: f"x\u2800{word}\u2800y",
        "a zero-width space beside it": lambda word: f"my\u200b{word}\u200bpic",
    },
    "scripts": {
        "Japanese": lambda word: f"{word}の女性",
        "Chinese": lambda word: f"全员{word}跳舞",
        "Chinese and a number": lambda word: f"全员{word}3人",
        "Korean": lambda word: f"여자{word}사진",
        "Korean particle": lambda word: f"{word}를",
        "Thai": lambda word: f"ผู้หญิง{word}เต้น",
        "Arabic": lambda word: f"صورة{word}جديدة",
        "Hindi": lambda word: f"एक{word}तस्वीर",
        "Russian": lambda word: f"картина{word}женщина",
        "digits beside it": lambda word: f"{word}2026",
    },
}
"""``{kind: {name: disguise}}``; a disguise returns ``None`` where a word gives no hold for it."""

UNSPACED = {
    "血": ["流血映像", "满身是血。", "血"],
    "裸体": ["一个裸体女人", "裸 体", "裸.体", "nude裸体pic"],
    "ヌード": ["ヌードの女性", "全員ヌードで踊る", "ﾇｰﾄﾞ写真"],
    "เปลือย": ["ผู้หญิงเปลือยเต้น"],
    "ເປືອຍ": ["ຜູ້ຍິງເປືອຍເຕັ້ນ"],
    "អាក្រាត": ["ស្ត្រីអាក្រាតរាំ"],
    "ကိုယ်တုံး": ["အမျိုးသမီးကိုယ်တုံးဖြင့်"],
    "누드": ["누드 사진", "누드를 보여줘", "누드의 여자", "nude누드pic"],
    "кровь": ["КРОВЬ на стене", "к р о в ь", "кр0вь", "кровь血"],
    "γυμνή": ["μια γυμνή γυναίκα", "ΓΥΜΝΗ"],
    "عارية": ["امرأة عارية ترقص", "عـاريـة"],
}
"""``{word of a rule: prompts in which it stands}``: every script has words."""

_PARTS = {
    "English": (
        "a cat|an old ship|two kids|my dog|a red fox|the queen|some birds|a paper plane|he|our bus",
        "runs near the shore|sits on a sofa|sails into the mist|waits at the gate|"
        "looks up at the moon|dances in slow motion|turns into glass|floats over a lake|"
        "walks past an open door|rests under a tree",
        "at dawn|in heavy rain|on a US street|as if it were made of clay|in the style of S. Dali|"
        "with 35mm grain|in 4k, please|at f 1.4|like a 1980s movie|with no one else around",
    ),
    "German": (
        "ein Hund|die Frau|drei Kinder|der alte Mann|ein Schiff|das Reh|mein Kater|ein Zug|es|wir",
        "läuft am Ufer entlang|steht in der Sonne|sitzt auf der Bank|geht durch den Wald|"
        "schläft im Gras|fährt in die Stadt|tanzt an der See|wartet vor dem Tor|"
        "fliegt über das Meer|"
        "träumt von Eis",
        "bei Nacht|im Regen|am Morgen|wie ein altes Gemälde|in Schwarz-Weiß|mit viel Nebel|"
        "im Stil von A. Dürer|mit 24 Bildern|so, als ob es Herbst wäre|ganz ohne Farbe",
    ),
    "French": (
        "un chat|la reine|deux enfants|mon chien|un vieux bateau|l'oiseau|une dame|le train|il|"
        "nous",
        "court sur la plage|dort sous un arbre|danse dans la rue|regarde la lune|"
        "marche dans le bois|"
        "attend au bord de l'eau|tourne en rond|se lève tôt|rit aux éclats|passe sur le pont",
        "à l'aube|sous la pluie|en noir et blanc|comme un tableau de C. Monet|avec du grain|"
        "au fond d'un jardin|en plein été|sans un bruit|d'un œil vif|près du cœur de la ville",
    ),
    "Spanish": (
        "un gato|la reina|dos niños|mi perro|un barco viejo|el ave|una dama|el tren|él|ella",
        "corre por la playa|duerme bajo un árbol|baila en la calle|mira la luna|anda por el bosque|"
        "espera en la puerta|da una vuelta|se ríe|pasa por el puente|sube al tren, por no esperar",
        "al alba|bajo la lluvia|en blanco y negro|como un cuadro de S. Dalí|con mucho grano|"
        "en un jardín|en pleno verano|sin ruido|con luz de neón|en el año 1980",
    ),
    "Italian": (
        "un gatto|la regina|due bambini|il mio cane|una barca|l'uccello|una donna|il treno|lui|lei",
        "corre sulla spiaggia|dorme sotto un pino|balla per la via|guarda la luna|va nel bosco|"
        "aspetta alla porta|gira in tondo|si alza presto|ride di gusto|passa sul ponte",
        "all'alba|sotto la pioggia|in bianco e nero|come un quadro di A. Modigliani|con la grana|"
        "in un orto|in piena estate|senza un suono|con luce al neon|ai bordi del mare",
    ),
    "Portuguese": (
        "um gato|a rainha|dois meninos|o meu cão|um barco|a ave|uma senhora|o trem|ele|ela",
        "corre pela praia|dorme sob o sol|dança na rua|olha a lua|anda pelo mato|espera na porta|"
        "dá uma volta|ri muito|passa pela ponte|sai do mar",
        "ao nascer do dia|na chuva|a preto e branco|como um quadro de T. do Amaral|com grão|"
        "num jardim|em pleno verão|sem ruído|com luz de néon|no ano de 1980",
    ),
    "Dutch": (
        "een kat|de koningin|twee kinderen|mijn hond|een boot|de vogel|een vrouw|de trein|hij|wij",
        "loopt langs het strand|slaapt in het gras|danst op straat|kijkt naar de maan|"
        "gaat het bos in|"
        "wacht bij de deur|draait in het rond|staat vroeg op|lacht hard|rijdt over de brug",
        "bij dageraad|in de regen|in zwart-wit|als een doek van R. van Rijn|met veel korrel|"
        "in een tuin|midden in de zomer|zonder geluid|met neonlicht|aan de rand van de zee",
    ),
    "Polish": (
        "kot|królowa|dwoje dzieci|mój pies|stara łódź|ptak|pani|pociąg|on|ona",
        "biegnie po plaży|śpi pod drzewem|tańczy na ulicy|patrzy na księżyc|idzie przez las|"
        "czeka u bram|kręci się w koło|wstaje o świcie|śmieje się|jedzie po moście",
        "o świcie|w deszczu|w czerni i bieli|jak na obrazie J. Matejki|z ziarnem|w ogrodzie|"
        "w środku lata|bez dźwięku|przy neonach|nad morzem",
    ),
    "Turkish": (
        "bir kedi|kraliçe|iki çocuk|köpeğim|eski bir gemi|kuş|bir kadın|tren|o|biz",
        "sahilde koşar|ağaç altında uyur|sokakta dans eder|aya bakar|ormana gider|kapıda bekler|"
        "döner durur|erken kalkar|çok güler|köprüden geçer",
        "şafakta|yağmurda|siyah beyaz|bir O. Hamdi tablosu gibi|taneli film ile|bir bahçede|"
        "yaz ortasında|hiç ses olmadan|neon ışıkta|deniz kıyısında",
    ),
    "Russian": (
        "кот|королева|двое детей|мой пёс|старый корабль|птица|дама|поезд|он|она",
        "идёт по берегу|спит под деревом|танцует на улице|смотрит на луну|бежит в лес|ждёт у ворот|"
        "кружит во дворе|встаёт рано|смеётся до слёз|едет по мосту",
        "на заре|под дождём|в чёрно-белом цвете|как на картине И. Репина|с зерном|в саду|"
        "в разгар лета|без звука|в свете неона|у моря",
    ),
    "Japanese": (
        "猫が|女王が|二人の子供が|犬が|古い船が|鳥が|女性が|電車が|彼が|私たちが",
        "海岸を走る|木の下で眠る|通りで踊る|月を見上げる|森へ行く|門で待つ|くるくる回る|早く起きる|"
        "大きく笑う|橋を渡る",
        "夜明けに|雨の中|白黒で|浮世絵風に|フィルム調で|庭で|真夏に|音もなく|ネオンの光で|4K画質で",
    ),
    "Chinese": (
        "一只猫|女王|两个孩子|我的狗|一艘旧船|鸟儿|一位女士|火车|他|我们",
        "沿着海岸奔跑|在树下睡觉|在街上跳舞|抬头看月亮|走进森林|在门口等待|不停旋转|很早起床|放声大笑|"
        "走过小桥",
        "在黎明|在雨中|黑白风格|水墨画风格|胶片颗粒|在花园里|盛夏时节|没有声音|霓虹灯光|4K画质",
    ),
}

TRICKY = """
    He'll be there; she'll dance, we'll see, they'll sing.
    Hi, t-shirt and jeans in dim light
    as S. Dali would have painted it
    as s soon as the sun is up
    The pen is red, the pencil is blue.
    my hero in a long coat
    a mass acre of wheat, one acre of corn
    an US flag, an UN plane
    It is what it is: a rap e-zine from 1994
    a 5-hits combo, 4 men, 5 ex wives
    a 50ft wave, 35mm film, f 1 4, 1080p at 60fps
    0 men, 7 rain drops, 5 in a row, 1 on 1
    he's hot, she's in, it's a trap, he\u2019s here
    go re-read it, then re-do the shot
    a classic glass, brass and grass, a bass and a pass
    hello from the shell of a shelter
    a cocktail in Scunthorpe, Sussex and Essex
    skill, skillet, killer whale-free ocean
    Bad good food, a cool pool, soon the moon
    AI art, III acts, WWII plane, iPhone IV
    IKEA, IBM and ILM made it
    Illustration, In the end, It was him
    a logo ○ of a circle ⭕ and a dot ●
    10 | 20 | 30, a | b | c
    *dim* **bold** ~~old~~ ||secret|| `code` [a link](http://example.org/x)
    5€ a piece, 3£ each, 20¢ more, $100 and $ 50
    x, y and z; a, b, c, d; p. 5, no. 7
    plan B, vitamin C, section D, type O, a T rex, an X ray
    k9 unit, h264, mp3, ps5, b52, x86, gta5, 4x4, 16bit, 8mm
    J. R. R. Tolkien and C. S. Lewis at tea
    uh, mmm, zzz, brrr, hmmm, soooo good, yesss, nooo way, aaah
    a book keeper, a moon lit pool, a wee eel
    c'est un nu de dos, se x est connu
    ma main, ta table, sa robe, un an, on y va
    por no hablar, se la da, de la nada
    Er hat es, wir sind da, am See, im Eis
    to be or not to be at it, so on as is
    no, de verdad; he, re, mi, fa, sol
    U.S.A., U.K., e.g. this, i.e. that, a.m., p.m.
    room 101, apt. 13, 13b Baker Street, B13, 13 bis
    top-less-is-more design
    the left arm, the right leg, one body, two heads
    a wasp on a rose, a bee on a pine
    raw pasta, pasta mess, a messy desk
    kid's toys, it'd be nice, I'd go, you've seen, we're here
    very, very slow; so so slow; no no; bye bye
    1/2 speed, 50% off, #1 fan, a+b=c, 18+ only
    @friend look: an e-mail to me@example.org
    well-lit, half-open, one-on-one, up-to-date, hand-in-hand
    he wore a red nose, an old hat and a bow tie
"""


def sentences():
    """``{language: innocent sentences}``, 220 of each and some tricky ones in English."""
    found = {}
    for language, parts in _PARTS.items():
        gap = "" if language in {"Japanese", "Chinese"} else " "
        every = [gap.join(one) for one in itertools.product(*(one.split("|") for one in parts))]
        found[language] = random.Random(language).sample(every, 220)  # noqa: S311 - only a choice
    found["English"] += [line.strip() for line in TRICKY.strip().splitlines()]
    return {
        language: [unicodedata.normalize("NFC", one) for one in all_]
        for language, all_ in found.items()
    }


def disguised(word):
    """Every (kind, name, disguised word) that there is of a word."""
    for kind, ways in DISGUISES.items():
        for name, way in ways.items():
            found = way(word)
            if found and found != word:
                yield kind, name, found
