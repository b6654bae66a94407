"""The commands as Discord gets them, and clients that show an older form of them."""

import re

import pytest

from bot.requests.validation import MAX_PROMPT_UNITS
from bot.texts import message as message_texts
from tests.cogs.conftest import said
from tests.cogs.forged import send_command
from tests.fakes.description import Description

NAME = re.compile(r"^[-_'\w]{1,32}$")
MOST_CHARACTERS = 8_000
"""Of all names, descriptions and values of a command.

Source: https://docs.discord.com/developers/interactions/application-commands
"""


@pytest.fixture
def synced(stage):
    """What was registered at Discord at the start."""
    [call] = [one for one in stage.env.http_requests if one.method == "PUT"]
    return call


@pytest.fixture
def restyle(synced):
    [command] = [one for one in synced.json if one["name"] == "restyle"]
    return command


def options_of(command):
    return {option["name"]: option for option in command["options"]}


def characters_of(part):
    """Count what counts towards a command's most characters."""
    words = [part.get("name"), part.get("description"), part.get("value")]
    inner = [*(part.get("options") or []), *(part.get("choices") or [])]
    return sum(len(str(word)) for word in words if word) + sum(map(characters_of, inner))


def leaves(command):
    """The options of a command, and those of its subcommands."""
    for option in command.get("options") or []:
        if option["type"] in {1, 2}:
            yield from leaves(option)
        else:
            yield option


def test_what_is_registered_keeps_within_discords_limits(synced):
    slash = [command for command in synced.json if command.get("type", 1) == 1]
    assert len(slash) <= 100
    assert len(synced.json) - len(slash) <= 15
    for command in synced.json:
        assert characters_of(command) <= MOST_CHARACTERS
        if command not in slash:
            assert 1 <= len(command["name"]) <= 32
            continue
        assert NAME.match(command["name"])
        assert command["name"] == command["name"].lower()
        assert 1 <= len(command["description"]) <= 100
        assert len(command["options"]) <= 25
        for option in leaves(command):
            assert NAME.match(option["name"])
            assert 1 <= len(option["description"]) <= 100
            assert len(option.get("choices") or []) <= 25
            for choice in option.get("choices") or []:
                assert 1 <= len(choice["name"]) <= 100
                assert len(str(choice["value"])) <= 100
        required = [option.get("required", False) for option in command["options"]]
        assert required == sorted(required, reverse=True)


def test_what_is_registered_is_what_discords_description_allows(synced):
    description = Description.load()
    if description is None:
        pytest.skip("there is no copy of Discord's API description at hand")
    assert description.problem("PUT", synced.path, synced.json) is None


def test_the_clip_comes_first_and_every_option_makes_a_difference(restyle):
    options = options_of(restyle)
    assert list(options) == ["video", "prompt", "look", "start", "length", "reference", "seed"]
    assert options["video"]["required"]
    assert options["prompt"]["max_length"] == MAX_PROMPT_UNITS
    assert options["seed"]["max_value"] == 2**32 - 1
    assert options["reference"]["description"].startswith("An image whose style")


class TestWithAModelOfShapes:
    @pytest.fixture
    def settings(self, settings):
        return settings.model_copy(update={"runway_model": "aleph2"})

    def test_its_shapes_are_offered_and_its_picture_is_a_frame_of_the_clip(self, restyle):
        options = options_of(restyle)
        shapes = [choice["value"] for choice in options["ratio"]["choices"]]
        assert shapes == ["16:9", "9:16", "4:3", "3:4", "1:1", "3:2", "2:3", "21:9"]
        assert options["reference"]["description"].startswith("A frame of this clip")
        assert "model" not in options


class TestWithAModelThatNobodyKnows:
    @pytest.fixture
    def settings(self, settings):
        return settings.model_copy(update={"runway_model": "gen9_omega"})

    def test_what_it_may_not_take_is_not_offered(self, restyle):
        assert list(options_of(restyle)) == ["video", "prompt", "look", "start", "length"]


class TestWithSeveralModels:
    @pytest.fixture
    def settings(self, settings):
        return settings.model_copy(update={"runway_model": "gen4_aleph, aleph2"})

    def test_one_can_be_chosen(self, restyle):
        options = options_of(restyle)
        assert [one["value"] for one in options["model"]["choices"]] == ["gen4_aleph", "aleph2"]
        assert {"ratio", "seed", "reference"} <= set(options)


def test_it_can_be_added_to_an_account_where_direct_messages_are_on(synced, restyle):
    assert restyle["integration_types"] == [0, 1]
    assert sorted(restyle["contexts"]) == [0, 1]
    [settings] = [one for one in synced.json if one["name"] == "restyle-settings"]
    assert settings["integration_types"] == [0]


class TestWithoutDirectMessages:
    @pytest.fixture
    def settings(self, settings):
        return settings.model_copy(update={"direct_messages": False})

    def test_what_starts_nothing_there_is_not_offered_there(self, synced):
        found = {one["name"]: one for one in synced.json}
        for name in ("restyle", "restyle-usage", "restyle-help"):
            assert (found[name]["contexts"], found[name]["integration_types"]) == ([0], [0])
        assert sorted(found["restyle-privacy"]["contexts"]) == [0, 1]


async def test_an_accounts_own_command_starts_nothing_where_the_bot_is_not(stage, clip):
    option = {"name": "prompt", "type": 3, "value": "neon"}
    owners = {"authorizing_integration_owners": {"1": str(stage.alice.id)}}
    result = await send_command(stage, stage.alice, "restyle", [option], extra=owners)
    assert "Restyle is not on this server" in said(result)
    assert result.ephemeral
    assert await stage.store.overview.count_open() == {}


async def test_a_client_that_still_sends_a_link_hears_what_to_do_instead(stage):
    link = {"name": "link", "type": 3, "value": "https://discord.com/channels/1/2/3"}
    prompt = {"name": "prompt", "type": 3, "value": "neon"}
    result = await send_command(stage, stage.alice, "restyle", [prompt, link])
    assert said(result) == message_texts.LINK_GONE
    assert result.ephemeral
