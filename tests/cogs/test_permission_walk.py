"""Every button and menu of the bot, pressed by everybody, in a server and in direct messages."""

import pytest

from tests.cogs.conftest import said
from tests.cogs.walk_world import REFUSAL
from tests.cogs.walked_controls import CONTROLS

SERVERS = {"privacy": {"privacy"}, "review": {"review"}, "settings": {"settings"}}
SERVERS["others"] = {key.partition(":")[0] for key in CONTROLS} - SERVERS.keys()
"""What controls of one group do must not make the server another for those of the next."""


@pytest.mark.parametrize("server", sorted(SERVERS))
async def test_everybody_may_press_what_the_table_says_and_nothing_else(world, server):
    keys = [key for key in sorted(CONTROLS) if key.partition(":")[0] in SERVERS[server]]
    assert {key: found for key in keys if (found := await wrong_presses(world, key))} == {}


async def wrong_presses(world, key):
    """Have people press a control; a press that changed nothing leaves its job to the next."""
    control = CONTROLS[key]
    wrong, jobs = [], {}
    for in_guild, name in world.telling(control.action, about_job=control.about_job):
        whose = (in_guild, world.requester_id(name))
        job = jobs.pop(whose, None) or await control.job(world, name, in_guild)
        item = control.make(world, job)
        value = str(job.id) if control.chooses else None
        value = control.values(world) if control.values is not None else value
        before = world.version()
        pressed = await world.press(name, in_guild, item, value)
        words = "a form" if pressed.modal is not None else said(pressed)
        refused = REFUSAL.search(words) is not None
        changed = world.version() != before
        if not changed:
            jobs[whose] = job
        if control.only_on_servers and not in_guild:
            is_right = not refused and not changed
        else:
            is_right = refused is not world.expects(
                control.action, name, in_guild, about_job=control.about_job
            )
        if not is_right or (refused and changed):
            wrong.append((name, "server" if in_guild else "dm", words, changed))
    return wrong


async def test_every_button_and_menu_of_the_bot_is_in_the_walk(world):
    registered = set(world.bot._connection._view_store._dynamic_items.values())
    assert registered == {control.kind for control in CONTROLS.values()}


async def test_every_control_is_known_again_by_its_custom_id_alone(world):
    """None belongs to a view in memory, which a restart would take away."""
    assert list(world.bot.persistent_views) == []
