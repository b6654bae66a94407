"""``/restyle-about``, and what the owner is told of a newer version."""

import pytest

from bot import __version__
from bot.errors import MediaRefusedError
from cogs.about.cog import versions_in
from tests.cogs.conftest import text_of

PAGE = "https://releases.example.com/restyle.json"


@pytest.fixture
def about(stage):
    """The cog of a bot that was told where to look."""
    stage.bot.settings = stage.bot.settings.model_copy(
        update={"update_url": PAGE, "owner_ids": str(stage.mo.id)}
    )
    return stage.bot.get_cog("AboutCog")


async def page(stage, person):
    result = await person.slash(stage.channel, "restyle-about")
    assert result.ephemeral
    return text_of(result.response.message)


async def test_everybody_sees_the_version_and_the_model(stage):
    text = await page(stage, stage.alice)
    assert f"**Restyle {__version__}** restyles clips with gen4_aleph." in text
    assert "Started <t:" in text
    assert "</restyle-privacy:" in text
    assert "is out" not in text


async def test_nobody_is_asked_for_a_newer_version_by_default(stage):
    assert stage.bot.settings.update_url == ""
    assert not stage.bot.get_cog("AboutCog")._keep_looking.is_running()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("0.3.0\n", ["0.3.0"]),
        ('{"tag_name": "v1.2.3", "name": "Summer"}', ["1.2.3"]),
        ('[{"tag_name": "v1.2.3"}, {"tag_name": "v1.2.2"}]', ["1.2.3"]),
        ('{"info": {"version": "2.0.0"}, "releases": {}}', ["2.0.0"]),
        ('{"body": "9.9.9"}', []),
        ("[]", []),
        ("<html>nothing</html>", []),
        ("[" * 100_000, []),
        ("99999.0.0", []),
    ],
)
def test_the_newest_version_is_read_as_release_pages_say_it(text, found):
    assert list(versions_in(text)) == found


async def test_the_owner_is_told_once_of_each_newer_version(stage, about, monkeypatch):
    said = []

    async def note(text):
        said.append(text)
        return [object()]

    newest = "99.0.0"

    async def named():
        return newest

    monkeypatch.setattr(stage.bot, "post_to_owners", note)
    monkeypatch.setattr(about, "_newest", named)
    await about.look()
    await about.look()
    assert len(said) == 1
    assert f"Restyle 99.0.0 is out; this is {__version__}." in said[0]
    for person, sees in ((stage.mo, True), (stage.alice, False)):
        text = await page(stage, person)
        assert ("99.0.0" in text) is sees
    newest = "99.0.1"
    await about.look()
    assert len(said) == 2
    newest = __version__
    await about.look()
    assert len(said) == 2
    assert "is out" not in await page(stage, stage.mo)


async def test_an_address_that_answers_nothing_is_no_trouble(stage, about, monkeypatch):
    async def refused(*_, **__):
        raise MediaRefusedError("not public")

    monkeypatch.setattr(stage.bot.downloader, "download", refused)
    await about.look()
    assert "is out" not in await page(stage, stage.mo)
