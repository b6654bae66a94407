import logging
import sys

import pytest
import sentry_sdk

from bot.error_reports import cleaned, set_up_error_reports
from bot.errors import SettingsError
from bot.log import Redaction
from bot.settings import Settings

DSN = "https://0123456789abcdef0123456789abcdef@sentry.example.com/1"
TOKENS = {"discord_token": "token-of-bot-and-more", "cometapi_key": "key-of-account"}


@pytest.fixture
def closed_afterwards():
    yield
    sentry_sdk.get_global_scope().set_client(None)


class Kept(sentry_sdk.transport.Transport):
    """Sends nothing, and keeps what would be sent."""

    def __init__(self):
        super().__init__({})
        self.events = []

    def capture_envelope(self, envelope):
        self.events.append(envelope.get_event())


@pytest.mark.usefixtures("closed_afterwards")
def test_an_error_is_reported_without_secrets_people_or_variables():
    settings = Settings(_env_file=None, sentry_dsn=DSN, **TOKENS)
    set_up_error_reports(settings)
    kept = Kept()
    sentry_sdk.get_client().transport = kept
    prompt = "what somebody wrote"  # a variable of this frame
    try:
        raise ValueError(f"https://cdn.example/x.mp4?hm=1 {TOKENS['discord_token']}")  # noqa: TRY301
    except ValueError:
        logging.getLogger("bot").exception("job %s: step failed for user %s", 12, 34567)
    [event] = kept.events
    text = repr(event)
    assert "ValueError" in text
    assert event["tags"] == {"job": "12"}
    for hidden in (*TOKENS.values(), "hm=1", prompt, "0123456789abcdef", "34567"):
        assert hidden not in text.replace(repr(event.get("sdk")), "")


def test_what_an_event_may_hold_besides_is_left_out():
    record = logging.LogRecord("bot", 40, __file__, 1, "job 3: broke", (), sys.exc_info())
    event = {"message": "x", "user": {"id": 1}, "request": {}, "extra": {"a": 1}, "modules": {}}
    found = cleaned(event, {"log_record": record}, Redaction([]))
    assert found == {"message": "x", "tags": {"job": "3"}}


def test_nothing_is_set_up_without_a_dsn_and_a_wrong_one_is_refused():
    set_up_error_reports(Settings(_env_file=None, **TOKENS))
    assert not sentry_sdk.get_client().is_active()
    with pytest.raises(SettingsError, match="SENTRY_DSN: must be the DSN"):
        set_up_error_reports(Settings(_env_file=None, sentry_dsn="nonsense", **TOKENS))


def test_without_the_library_the_start_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "sentry_sdk", None)
    with pytest.raises(SettingsError, match=r"requirements/sentry\.txt"):
        set_up_error_reports(Settings(_env_file=None, sentry_dsn=DSN, **TOKENS))
