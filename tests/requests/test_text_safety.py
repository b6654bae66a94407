import re
import unicodedata

from hypothesis import example, given
from hypothesis import strategies as st

from bot.requests.text_safety import (
    QUOTE_CHARACTERS,
    THREAD_NAME_UNITS,
    cut,
    harmless,
    is_blank,
    one_line,
    quote,
    quote_all,
    thread_name,
    utf16_units,
)

# What Discord would act upon, where no backslash stands before it.
MENTION = re.compile(r"<(?:@[!&]?|#|:\w+:|a:\w+:|t:|/|id:)|@everyone|@here")
NAMED = re.compile(r"<(?:@[!&]?|#)[0-9]{15,20}>|<t:[0-9]{1,12}(?::[tTdDfFR])?>")
ESCAPED = re.compile(r"\\[^0-9A-Za-z\s]")
NASTY = [
    "@everyone look",
    "@here",
    r"\<@123456789012345678> \\<#123456789012345678> <@<@123456789012345678>>",
    "<@123456789012345678> <@!1> <@&2> <#3> <t:1:R> </restyle:0> <:a:1> <id:customize>",
    r"\@everyone \\<@1>",
    "[click](https://evil.example)",
    "<https://evil.example> discord.gg/abc DISCORD.COM/invite/x",
    "```\n@everyone\n```",
    "> quote\n# title\n-# small\n- item\n1. one",
    "||spoiler|| **bold** __u__ ~~s~~ `code`",
    "\u202egnp.4pm\u202c \u2066x",
    "شارع ممطر في طوكيو",
    "\x00\x07\ud800ok",
    "a@\u200beveryone",
    "@\neveryone",
]
texts = st.one_of(
    st.text(),
    st.lists(
        st.sampled_from([*NASTY, "<", "@", "everyone", "#", "\\", ":", "/", "\u200b", "\n", " "])
    ).map("".join),
)


def with_nasty(test):
    for text in NASTY:
        test = example(text)(test)
    return test


@with_nasty
@given(texts)
def test_no_mention_link_or_markdown_survives_a_quotation(prompt):
    shown = quote(prompt)
    assert shown.startswith("> ")
    bare = ESCAPED.sub("", NAMED.sub("", shown[2:]))
    assert not MENTION.search(bare)
    assert "@everyone" not in shown
    assert "@here" not in shown
    assert "://" not in shown
    assert not re.search(r"(?i)discord(app)?\.\w", shown)
    assert not re.search(r"[*_~|`\[\]()<>]", bare)
    assert not re.match(r"[#+>-]|\d+\.", shown[2:])


@with_nasty
@given(texts)
def test_a_quotation_is_one_short_line_whose_direction_is_its_own(prompt):
    shown = quote(prompt)
    assert "\n" not in shown
    assert all(unicodedata.category(c) not in {"Cc", "Cs"} for c in shown)
    assert not set(shown) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067")
    assert shown.count("\u2068") == shown.count("\u2069") <= 1
    assert len(shown) <= 2 * QUOTE_CHARACTERS + 6
    shown.encode()


def test_an_ordinary_prompt_is_quoted_as_it_is():
    prompt = "a rainy night in Tokyo, neon signs, film grain 🌧️ — très beau; 4:3"
    assert quote(prompt) == f"> {prompt}"


def test_right_to_left_text_is_kept_and_isolated():
    prompt = "\u0634\u0627\u0631\u0639 \u0645"
    assert quote(prompt) == f"> \u2068{prompt}\u2069"


@given(texts, st.integers(1, 60))
def test_a_cut_never_exceeds_its_length_and_shows_that_something_is_missing(text, length):
    short = cut(text, length)
    assert len(short) <= length
    assert short == text or short.endswith("…")


def test_a_cut_leaves_no_beginning_of_a_word_unless_the_word_is_long():
    assert cut("scratches and a gentle flicker", 26) == "scratches and a gentle…"
    assert cut("scratches and a gentle flicker", 23) == "scratches and a gentle…"
    assert cut("no " + "x" * 40, 20) == "no " + "x" * 16 + "…"


def test_a_cut_does_not_split_an_emoji():
    family = "👨\u200d👩\u200d👧"
    assert cut("ab" + family, 5) == "ab…"
    assert cut("ab👍🏽cdef", 4) == "ab…"


@with_nasty
@given(texts)
def test_a_thread_name_fits_and_is_never_empty(prompt):
    name = thread_name(prompt, otherwise="Restyled clip")
    assert name.strip()
    assert utf16_units(name) <= THREAD_NAME_UNITS
    assert "\n" not in name
    name.encode()


def test_a_thread_of_a_thousand_emoji_has_a_name_of_fifty():
    name = thread_name("🌧" * 1000, otherwise="x")
    assert name == "🌧" * 49 + "…"


@given(texts)
def test_cleaning_twice_changes_nothing(text):
    assert one_line(one_line(text)) == one_line(text)


def test_what_nobody_can_see_is_blank():
    for text in ("", " \t\n", "\u200b\u200d", "\u3164\u2800", "\x00\x01", "\u202e"):
        assert is_blank(text), ascii(text)
    for text in ("a", "🌧", "\u0627", "\u200b.\u200b"):
        assert not is_blank(text), ascii(text)


def test_emoji_count_double_in_utf16():
    assert utf16_units("a🌧") == 3
    assert utf16_units("\ud800") == 1


def test_members_roles_and_channels_are_shown_by_their_names_where_there_are_any():
    text = "<@123456789012345678> and <@&123456789012345678> in <#123456789012345678>"
    assert harmless(text) == text
    assert thread_name(text, otherwise="x") == "@someone and @role in #channel"
    assert (
        harmless("<@1> <@12345678901234567890123>")
        == "\\<@\u200b1\\> \\<@\u200b12345678901234567890123\\>"
    )


@with_nasty
@given(texts)
def test_whoever_decides_reads_all_of_it_in_the_room_there_is(text):
    shown = quote_all(text, room=200)
    lines = shown.splitlines()
    if lines[0] == "```":
        assert lines[-1] == "```"
        assert "`" not in "".join(lines[1:-1])
    else:
        assert len(shown) <= 200
        assert all(line.startswith("> ") for line in lines)
    kept = re.sub(r"[^0-9A-Za-z]", "", "".join(lines))
    assert kept == re.sub(r"[^0-9A-Za-z]", "", text)


def test_a_prompt_of_markdown_alone_is_shown_to_its_end():
    shown = quote_all("*_" * 499 + "!!")
    assert shown.endswith("*_!!\n```")
    assert len(shown) < 1100


def test_lines_are_kept_apart():
    assert quote_all("Not on a school night\n\nAsk again on *Friday*") == (
        "> Not on a school night\n> Ask again on \\*Friday\\*"
    )


def test_harmless_text_reads_like_the_original():
    assert harmless("a*b*") == r"a\*b\*"
    assert harmless("3. act") == r"3\. act"
    assert harmless("@mira") == "@\u200bmira"
