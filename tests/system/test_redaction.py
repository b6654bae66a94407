import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.system.redaction import redact

SECRET = "5ec2e75ec2e7"


@pytest.mark.parametrize(
    "text",
    [
        f"https://cdn.discordapp.com/attachments/1/2/x.mp4?ex=1&is=2&hm={SECRET}&",
        f'{{"url":"https:\\/\\/cdn.example\\/x.mp4?ex=1\\u0026hm={SECRET}"}}',
        f"https://cdn.example/x.mp4#{SECRET}",
        f"https://user:{SECRET}@host.example/x",
        f"cdn.example/x.mp4?_jwt={SECRET}",
        f"https%3A%2F%2Fcdn.example%2Fx.mp4%3Fhm%3D{SECRET}",
        f"data:video/mp4;base64,AAAA{SECRET}/+==",
        f'{{"videoUri":"data:video\\/mp4;base64,AA\\/{SECRET}"}}',
        f"Authorization: Bearer {SECRET}",
        f"invalid key sk-{SECRET}",
        f"invalid key key_{SECRET * 10}",
        f"token eyJhbGciOiJIUzI1NiJ9.{SECRET}.{SECRET}",
    ],
)
def test_nothing_secret_is_left(text):
    assert SECRET not in redact(text)
    assert SECRET not in redact(f"before {text} after")


def test_what_is_around_a_secret_stays_readable():
    assert redact('Failed: "https://cdn.example/x.mp4?hm=1" (404)') == (
        'Failed: "https://cdn.example/x.mp4?[…]" (404)'
    )
    assert redact("Asset duration must be at most 30 seconds") == (
        "Asset duration must be at most 30 seconds"
    )


def test_a_url_keeps_its_path_only():
    assert redact("https://cdn.example/a/x.mp4?ex=1&hm=2") == "https://cdn.example/a/x.mp4?[…]"
    assert redact("https://cdn.example/a/x.mp4") == "https://cdn.example/a/x.mp4"
    assert redact("data:video/mp4;base64,AAAA") == "data:video/mp4;base64,[…]"


@given(st.text(max_size=300), st.integers(1, 100))
def test_the_result_is_never_longer_than_allowed(text, limit):
    assert len(redact(text, limit=limit)) <= limit
