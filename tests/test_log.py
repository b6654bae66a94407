import json
import logging
import sys

import pytest

from bot.log import LineFormatter, RedactingJsonFormatter, set_up_logging
from bot.settings import Settings
from bot.system.log_context import add_ids, note_ids, with_ids

SECRETS = ["token-of-bot", "token-of-bot-and-more", "short"]


def record_of(message, *args, exc_info=None, name="bot"):
    record = logging.LogRecord(name, logging.INFO, __file__, 1, message, args, exc_info)
    add_ids(record)
    return record


def render(message, *args, **known):
    line = LineFormatter(secrets=SECRETS).format(record_of(message, *args, **known))
    return line.partition(" INFO    bot: ")[2]


def as_json(message, *args, **known):
    line = RedactingJsonFormatter(secrets=SECRETS).format(record_of(message, *args, **known))
    assert "\n" not in line
    return json.loads(line)


def broken(text="refused: token-of-bot"):
    try:
        try:
            raise KeyError("what was looked for")  # noqa: TRY301
        except KeyError as exc:
            raise ValueError(text) from exc
    except ValueError:
        return sys.exc_info()


def test_secrets_are_removed_from_messages_and_arguments():
    assert render("sent %s", {"Authorization": "Bearer token-of-bot"}) == (
        "sent {'Authorization': 'Bearer [secret]'}"
    )
    assert as_json("sent %s", "token-of-bot")["message"] == "sent [secret]"


def test_the_longer_of_two_overlapping_secrets_leaves_no_rest():
    assert render("x token-of-bot-and-more x") == "x [secret] x"


def test_a_secret_is_no_part_of_a_word_and_a_short_one_is_left_alone():
    assert render("token-of-bots and a short way") == "token-of-bots and a short way"


def test_no_secret_changes_the_name_of_a_logger():
    record = record_of("said discord.gateway", name="discord.gateway")
    line = LineFormatter(secrets=["discord.gateway"]).format(record)
    assert line.endswith(" INFO    discord.gateway: said [secret]")
    fields = json.loads(RedactingJsonFormatter(secrets=["discord.gateway"]).format(record))
    assert (fields["logger"], fields["message"]) == ("discord.gateway", "said [secret]")


def test_an_exception_is_told_in_one_line_without_secrets():
    line = render("failed", exc_info=broken())
    assert line.startswith("failed: ValueError: refused: [secret] (tests/test_log.py:")
    assert " broken); because of KeyError: 'what was looked for' (tests/test_log.py:" in line
    assert "\n" not in line


def test_json_has_the_whole_traceback_without_secrets():
    fields = as_json("failed", exc_info=broken())
    assert fields["traceback"].startswith("Traceback (most recent call last):\n")
    assert "token-of-bot" not in fields["traceback"]


def test_nobody_elses_words_begin_a_line():
    line = render("refused: %s", "no\n2026-12-01 00:00:00 ERROR bot: all is lost\x1b[2J\u2028x")
    assert line == "refused: no\\n2026-12-01 00:00:00 ERROR bot: all is lost\\x1b[2J\\u2028x"


def test_signatures_of_links_are_removed_and_the_rest_stays():
    text = render(
        "GET https://cdn.example/a.mp4?ex=1&hm=abcdef0123& and https://out.example/x?_jwt=ey.J.x"
    )
    assert text == (
        "GET https://cdn.example/a.mp4?ex=1&hm=[signature]& and "
        "https://out.example/x?_jwt=[signature]"
    )


def test_data_uris_are_cut():
    text = render("videoUri=data:video/mp4;base64," + "AAAA" * 1000)
    assert text == "videoUri=data:video/mp4;base64,[data]"


def test_ids_around_a_line_are_fields_and_follow_a_text_that_names_none():
    with with_ids(job=12, user=None):
        note_ids(interaction=7)
        assert render("a picture was not made") == (
            "a picture was not made [job 12, interaction 7]"
        )
        fields = as_json("a picture was not made")
        assert (fields["job"], fields["interaction"]) == ("12", "7")
        assert "user" not in fields


def test_what_a_line_names_itself_wins_and_is_written_once():
    with with_ids(job=12, server=5):
        line = "job 13: submitted as task ab-12 (request r_9), beside job 14"
        assert render(line) == line
        fields = as_json(line)
    assert [fields[name] for name in ("job", "server", "task", "request")] == [
        *("13", "5", "ab-12", "r_9")
    ]
    assert as_json("guild 9: left")["server"] == "9"
    assert "task" not in as_json("task None: the provider does not say")


@pytest.fixture
def own_logging(monkeypatch):
    """Let a test set logging up, and undo that."""
    monkeypatch.setattr(logging.getLogger(), "handlers", [])
    loggers = [logging.getLogger(name) for name in (None, "bot", "cogs", "discord")]
    levels = [logger.level for logger in loggers]
    yield
    logging.captureWarnings(capture=False)
    for logger, level in zip(loggers, levels, strict=True):
        logger.setLevel(level)


@pytest.mark.usefixtures("own_logging")
def test_a_secret_that_is_too_short_is_warned_of_once(capsys):
    tokens = {"discord_token": "token-of-bot", "cometapi_key": "key-of-account"}
    url = "postgresql://restyle:pw@localhost/restyle"
    set_up_logging(Settings(_env_file=None, database_url=url, log_format="json", **tokens))
    [line] = capsys.readouterr().err.splitlines()
    assert "fewer than 8 characters" in json.loads(line)["message"]
    set_up_logging(Settings(_env_file=None, **tokens))
    assert capsys.readouterr().err == ""
