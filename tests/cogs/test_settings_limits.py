"""Whatever the settings panel sends keeps to Discord's limits, and to its API description."""

import pytest

from bot.domain.built_in_looks import BUILT_IN
from bot.domain.looks import MAX_NAME, MAX_WORDS, MOST_LOOKS
from bot.domain.quotas import Scope
from bot.policy.catalogue import SETTINGS, settings_of, topics_of
from bot.policy.problems import SERVER, Target
from bot.policy.values import Number, OneLineText
from cogs.common.grants import Grant
from cogs.settings import forms
from cogs.settings.items import PanelLocation
from tests.cogs.panels import MEBIBYTE, Panel, of_channel, of_role, sent_payload, walk_payload
from tests.fakes.description import Description

DESCRIPTION = Description.load()
LONGEST = "w" * 200


def check(call, *, path=None):
    """Assert that what was sent keeps to the limits that Discord documents."""
    parts = list(walk_payload(call["components"]))
    assert len(parts) <= 40
    assert sum(len(part["content"]) for part in parts if part["type"] == 10) <= 4000
    ids = [part["custom_id"] for part in parts if "custom_id" in part]
    assert len(ids) == len(set(ids))
    for part in parts:
        assert len(part.get("custom_id", "")) <= 100
        assert len(part.get("options", [])) <= 25
        for option in part.get("options", []):
            assert 1 <= len(option["label"]) <= 100
            assert 1 <= len(option["value"]) <= 100
            assert len(option.get("description") or "") <= 100
        if part["type"] == 3:
            assert part["options"]
            assert sum(bool(option.get("default")) for option in part["options"]) <= 1
        assert len(part.get("placeholder") or "") <= 150
        assert len(part.get("default_values", [])) <= part.get("max_values", 1)
        if part["type"] == 2:
            assert len(part["label"]) <= 80
        if part["type"] == 18:
            assert len(part["label"]) <= 45
            assert len(part.get("description") or "") <= 100
    if DESCRIPTION is not None and path is not None:
        assert DESCRIPTION.problem(*path) is None


def check_message(stage):
    call = sent_payload(stage)
    check(call.json, path=(call.method, call.path, call.json))


def check_form(form):
    sent = form.to_dict()
    assert len(sent["title"]) <= 45
    assert len(sent["custom_id"]) <= 100
    body = {"type": 9, "data": sent}
    check(sent, path=("POST", "/interactions/1/token/callback", body))


async def test_the_commands_are_as_discord_describes_them(stage):
    [call] = [call for call in stage.env.http_requests if call.method == "PUT"]
    if DESCRIPTION is not None:
        assert DESCRIPTION.problem("PUT", "/applications/1/commands", call.json) is None


def fullest(name, target, channel_ids, role_ids):
    """The longest value that a setting can have."""
    kind = SETTINGS[name].kind
    ids = {"channel": channel_ids, "role": role_ids}
    match type(kind).__name__:
        case "Choice":
            return max(kind.words, key=len)
        case "Number":
            most = {"max_video_bytes": 99.7 * MEBIBYTE, "max_video_seconds": 28.5}
            return most.get(name, kind.highest) if name not in most else most[name] // 1
        case "Flag":
            return True
        case "Id":
            return ids[kind.of][0]
        case "Ids":
            return ids[kind.of]
        case "Ratio":
            return "1104:832"
        case "OneLineText":
            return LONGEST
        case "LookList":
            words = "{prompt} " + "w" * (MAX_WORDS - 9)
            return [
                {"name": f"{n} {LONGEST}"[:MAX_NAME], "words": words} for n in range(MOST_LOOKS)
            ]
        case "BuiltInLookKeys":
            return list(BUILT_IN)
        case _:
            rule = {"kind": "words", "action": "review"}
            return [rule | {"text": f"{n} {LONGEST}"[:200]} for n in range(50)]


@pytest.fixture
async def full(stage):
    """A server with everything set everywhere, by somebody with the longest id."""
    channels = [stage.guild.create_text_channel(f"c{n}") for n in range(25)]
    roles = [stage.guild.create_role(f"r{n}") for n in range(25)]
    channel_ids, role_ids = [one.id for one in channels], [one.id for one in roles]
    targets = [SERVER, *map(of_channel, channels[:12]), *map(of_role, roles[:12])]
    changes = {
        target: {
            name: fullest(name, target, channel_ids, role_ids)
            for name, one in SETTINGS.items()
            if target.scope in one.scopes
        }
        for target in targets
    }
    guild_id = stage.guild.id
    await stage.store.policies.change(guild_id, changes, user_id=2**63 - 1, operator=None)
    stage.clock.advance(1)
    looks = {SERVER: {"default_look": "@" * 200}}
    await stage.store.policies.change(guild_id, looks, user_id=2**63 - 1, operator=None)
    return {"server": None, "channel": channels[0], "role": roles[0]}


@pytest.mark.parametrize("scope", ["server", "channel", "role"])
async def test_every_topic_keeps_to_discords_limits(stage, full, open_panel, scope):
    panel = await open_panel()
    check_message(stage)
    await panel.level(scope)
    check_message(stage)
    if full[scope] is not None:
        await panel.level(scope, full[scope])
    for topic in topics_of(scope):
        await panel.go(topic.value)
        check_message(stage)


@pytest.mark.parametrize("scope", ["server", "channel", "role"])
async def test_every_form_keeps_to_discords_limits(stage, full, scope):
    policy = await stage.store.policies.read(stage.guild.id)
    chosen = full[scope]
    target = Target(Scope(scope), chosen.id) if chosen is not None else SERVER
    spot = PanelLocation(grant=Grant("h" + "A" * 20), target=target)
    for topic in topics_of(scope):
        for name in settings_of(topic, scope):
            if isinstance(SETTINGS[name].kind, Number | OneLineText):
                check_form(forms.value_form(spot, name, policy, highest=1234567))
    check_form(forms.rule_form(spot, "50_0123456789ab", policy.server("prompt_rules")[-1]))
    check_form(forms.trial_form(spot))
    check_form(forms.import_form(spot))


async def test_a_preview_of_very_much_keeps_to_discords_limits(stage, full):
    data = b'{"restyle_settings": 1}'
    opened = await stage.mo.slash(
        stage.channel, "restyle-settings", file=("restyle-settings.json", data)
    )
    panel = Panel(stage, stage.mo, opened)
    assert "more changes." in panel.text
    check_message(stage)


async def test_a_very_long_action_fits_into_one_message_of_the_log(stage, full, open_panel):
    log = stage.guild.create_text_channel("log")
    await stage.set(Target("server", 0), log_channel_id=log.id)
    data = b'{"restyle_settings": 1}'
    opened = await stage.mo.slash(
        stage.channel, "restyle-settings", file=("restyle-settings.json", data)
    )
    await Panel(stage, stage.mo, opened).press("save")
    assert "more changes." in log.last_message.content
    assert len(log.last_message.content) <= 2000
