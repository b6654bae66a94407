"""``/restyle-settings`` with options: trials, and settings as a file."""

import json

import pytest

from bot.policy.exchange import MAX_FILE_BYTES
from bot.policy.problems import UNSET, Target
from tests.cogs.conftest import buttons_of, said
from tests.cogs.panels import DOLLAR, MEBIBYTE, Panel, of_channel

# Trials


async def test_a_trial_says_what_would_happen_and_which_rule_decides(stage):
    await stage.set(allowed_channel_ids=[stage.channel.id])
    other = stage.guild.create_text_channel("general")
    answer = await stage.mo.slash(
        stage.channel, "restyle-settings", test=stage.alice, channel=other, prompt="a", length=4.0
    )
    assert answer.ephemeral
    assert "Refused. Nothing would be spent." in said(answer)
    assert "Channels allowed" in said(answer)
    answer = await stage.mo.slash(stage.channel, "restyle-settings", test=stage.alice)
    assert "Accepted" in said(answer)


async def test_a_trial_knows_the_members_roles_and_the_prompt_rules(stage):
    role = stage.guild.create_role("Artists")
    artist = stage.guild.add_member(stage.env.create_user("artist"), roles=[role])
    rule = {"kind": "words", "text": "zebra", "action": "refuse"}
    await stage.set(allowed_role_ids=[role.id], prompt_rules=[rule])
    answer = await stage.mo.slash(stage.channel, "restyle-settings", test=stage.alice)
    assert "Roles allowed" in said(answer)
    answer = await stage.mo.slash(stage.channel, "restyle-settings", test=artist)
    assert "Accepted" in said(answer)
    answer = await stage.mo.slash(
        stage.channel, "restyle-settings", test=artist, prompt="a z e b r a"
    )
    assert "rule 1: zebra" in said(answer)


async def test_the_panels_test_asks_the_same(stage, panel):
    role = stage.guild.create_role("Artists")
    artist = stage.guild.add_member(stage.env.create_user("artist"), roles=[role])
    await stage.set(allowed_role_ids=[role.id])
    for member, words in ((artist, "Accepted"), (stage.alice, "Roles allowed")):
        form = await panel.press("test")
        fields = {"member": [member], "channel": [stage.channel], "prompt": "a", "length": "4"}
        answer = await stage.mo.submit_modal(form, fields)
        assert words in said(answer)
    assert panel.line("Public figures")


async def test_a_trials_length_that_is_none_is_refused_in_a_sentence(stage, panel):
    form = await panel.press("test")
    answer = await stage.mo.submit_modal(form, {"member": [stage.alice], "length": "long"})
    assert "“long” is not a length" in said(answer)


async def test_options_of_a_trial_without_a_member_say_what_is_missing(stage):
    answer = await stage.mo.slash(stage.channel, "restyle-settings", prompt="neon")
    assert "Choose a member in `test`" in said(answer)


# Files


async def exported(panel):
    answer = await panel.press("export")
    [sent] = answer.followups
    [file] = sent.message.attachments
    assert file.filename == "restyle-settings.json"
    assert sent.ephemeral
    return await file.read()


def file_of(data):
    data = data if isinstance(data, bytes) else json.dumps(data).encode()
    return ("restyle-settings.json", data)


def settings_file(**parts):
    return {"restyle_settings": 1} | parts


async def read_in(stage, data):
    opened = await stage.mo.slash(stage.channel, "restyle-settings", file=file_of(data))
    assert opened.ephemeral
    return Panel(stage, stage.mo, opened)


async def test_what_was_exported_can_be_imported_again_and_undone_at_once(stage, panel):
    await panel.type("micros_per_month", "$12.50")
    await panel.add_rule("neon")
    await panel.level("channel", stage.channel)
    await panel.type("max_video_bytes", "5")
    data = await exported(panel)
    await stage.set(micros_per_month=UNSET, prompt_rules=UNSET, strike_days=9)
    await stage.set(of_channel(stage.channel), max_video_bytes=UNSET)
    stage.clock.advance(1)
    found = await read_in(stage, data)
    assert "### Not saved yet" in found.text
    assert "Money a month: nothing set → $12.50" in found.text
    assert "Strikes count for: 9 days → nothing set" in found.text
    assert await panel.own("micros_per_month") is UNSET
    await found.press("save")
    assert await panel.own("micros_per_month") == 12.5 * DOLLAR
    assert await panel.own("max_video_bytes", of_channel(stage.channel)) == 5 * MEBIBYTE
    assert await panel.own("strike_days") is UNSET
    assert await exported(found) == data
    await found.undo()
    assert await panel.own("micros_per_month") is UNSET
    assert await panel.own("strike_days") == 9


async def test_an_import_can_be_left_alone(stage, panel):
    found = await read_in(stage, settings_file(server={"strike_days": 9}))
    assert set(buttons_of(found.message)) == {"Save", "Cancel"}
    await found.press("cancel")
    assert await panel.own("strike_days") is UNSET


async def test_the_panels_import_reads_a_file_too(stage, panel):
    form = await panel.press("import")
    data = settings_file(server={"strike_days": 9})
    await stage.mo.submit_modal(form, {"file": [file_of(data)]})
    assert "Strikes count for: nothing set → 9 days" in panel.text
    await panel.press("save")
    assert await panel.own("strike_days") == 9


async def test_an_import_is_named_in_the_log_channel(stage):
    log = stage.guild.create_text_channel("log")
    data = settings_file(server={"log_channel_id": str(log.id), "strike_days": 9})
    found = await read_in(stage, data)
    await found.press("save")
    assert f"<@{stage.mo.id}> imported settings\n- " in log.last_message.content
    assert "Strikes count for: nothing set → 9 days" in log.last_message.content


async def test_a_file_that_says_what_is_set_changes_nothing(stage, panel):
    await panel.type("strike_days", "9")
    found = await read_in(stage, settings_file(server={"strike_days": 9}))
    assert "Everything in the file is already set." in said(found.opened)
    assert len(found.changes) == 1


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (settings_file(server={"max_vidio": 3}), "There is no setting called “max\\_vidio”."),
        (settings_file(server={"strike_days": 0}), "0 days is too little. The least is 1 day."),
        (settings_file(channels={"7": {"strike_days": 3}}), "it cannot be set there"),
        ({"restyle_settings": 2}, "this bot reads version 1"),
        (settings_file(extra={}), 'There is no part called "extra"'),
        (b"{", "is not valid JSON"),
        (b"x" * (MAX_FILE_BYTES + 1), "too large for settings"),
        (
            settings_file(server={"max_video_bytes": 400 * MEBIBYTE}),
            "The bot's owner allows up to 100 MB",
        ),
    ],
    ids=["unknown", "low", "scope", "version", "part", "json", "size", "floor"],
)
async def test_a_file_that_cannot_be_taken_is_refused_by_what_is_wrong(stage, panel, data, words):
    found = await read_in(stage, data)
    assert words in said(found.opened)
    assert "Nothing was changed" in said(found.opened) or "nothing was changed" in said(
        found.opened
    )
    assert panel.line("Public figures")
    assert (await stage.store.policies.read(stage.guild.id)).values == {}


async def test_channels_and_roles_of_another_server_are_named_and_refused(stage, panel):
    data = settings_file(
        server={"allowed_channel_ids": ["77", str(stage.channel.id)], "exempt_role_ids": ["78"]},
        channels={"79": {"keep_sound": True}},
    )
    found = await read_in(stage, data)
    for words in (
        "- channel 77 (Channels allowed)",
        "- role 78 (Roles exempt)",
        "- channel 79 (its own settings)",
    ):
        assert words in said(found.opened)
    assert f"channel {stage.channel.id}" not in said(found.opened)
    assert await panel.own("allowed_channel_ids") is UNSET


class Everything:
    def __contains__(self, url):
        return True


async def test_a_file_that_discord_does_not_hand_over_says_so(stage, panel, cdn):
    data = settings_file(server={"strike_days": 9})
    form = await panel.press("import")
    cdn.lost = Everything()
    answer = await stage.mo.submit_modal(form, {"file": [file_of(data)]})
    assert "did not deliver the file" in said(answer)


async def test_an_import_that_one_undo_could_not_take_back_is_refused(stage):
    changes = {Target("channel", id_): {"jobs_per_day": 1} for id_ in range(1, 1_002)}
    await stage.store.policies.change(stage.guild.id, changes, user_id=stage.mo.id, operator=None)
    opened = await read_in(stage, settings_file())
    assert "more than 1,000 settings in one go" in said(opened.opened)
    policy = await stage.store.policies.read(stage.guild.id)
    assert policy.own("jobs_per_day", Target("channel", 1)) == 1
