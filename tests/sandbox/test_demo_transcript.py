from datetime import UTC, datetime

import pytest

from sandbox.demo.transcript import ago, plain

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
NAMES = {1: "@Mira", 2: "#videos"}


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("<@1> and <@!1> and <@9>", "@Mira and @Mira and <@9>"),
        ("in <#2>", "in #videos"),
        ("see </restyle-settings:0>", "see /restyle-settings"),
        ("**Done** ", "Done "),
        ("-# small print", "small print"),
        ("[a file](https://x.example/a_b.mp4)", "a file: https://x.example/a_b.mp4"),
        ("[a file](<https://x.example/a>)", "a file: https://x.example/a"),
        ("https://discord.com/channels/7/2/5", "#videos"),
        (r"2 \* 3 \> 4, a\b", r"2 * 3 > 4, a\b"),
        (f"<t:{int(NOW.timestamp()) - 90}:R>", "2 minutes ago"),
    ],
)
def test_markup_is_read_as_plain_text(text, read):
    assert plain(text, names=NAMES, now=NOW) == read


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "now"),
        (-1, "a second ago"),
        (-8, "8 seconds ago"),
        (86_400, "in a day"),
        (7_200, "in 2 hours"),
    ],
)
def test_spans_are_told_as_discord_does(seconds, words):
    assert ago(seconds) == words
