import logging
import sys

from bot.log import RedactingFormatter


def render(message, *args, exc_info=None):
    formatter = RedactingFormatter("%(message)s", secrets=["tok-123", "tok-123-and-more"])
    record = logging.LogRecord("bot", logging.INFO, __file__, 1, message, args, exc_info)
    return formatter.format(record)


def test_secrets_are_removed_from_messages_and_arguments():
    assert render("sent %s", {"Authorization": "Bearer tok-123"}) == (
        "sent {'Authorization': 'Bearer [secret]'}"
    )


def test_the_longer_of_two_overlapping_secrets_leaves_no_rest():
    assert render("x tok-123-and-more x") == "x [secret] x"


def test_secrets_are_removed_from_tracebacks():
    try:
        raise ValueError("refused: tok-123")  # noqa: TRY301
    except ValueError:
        text = render("failed", exc_info=sys.exc_info())
    assert "ValueError" in text
    assert "tok-123" not in text


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
