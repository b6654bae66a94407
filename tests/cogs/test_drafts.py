"""Changes of settings that wait for Save: whose they are, and how many are kept."""

import pytest

from cogs.settings.drafts import Draft, Drafts

GUILD, USER = 1, 2


def draft():
    return Draft(guild_id=GUILD, user_id=USER, changes={}, before={}, what="changed settings")


def test_a_draft_is_taken_once():
    drafts, mine = Drafts(), draft()
    key = drafts.add(mine)
    assert drafts.take(key, guild_id=GUILD, user_id=USER) is mine
    assert drafts.take(key, guild_id=GUILD, user_id=USER) is None


@pytest.mark.parametrize(("guild_id", "user_id"), [(GUILD, 3), (3, USER)])
def test_a_draft_of_another_person_or_server_is_not_taken_and_stays(guild_id, user_id):
    drafts, mine = Drafts(), draft()
    key = drafts.add(mine)
    assert drafts.take(key, guild_id=guild_id, user_id=user_id) is None
    assert drafts.take(key, guild_id=GUILD, user_id=USER) is mine


def test_of_very_many_drafts_the_oldest_is_forgotten():
    drafts = Drafts()
    keys = [drafts.add(draft()) for _ in range(501)]
    assert drafts.take(keys[0], guild_id=GUILD, user_id=USER) is None
    assert drafts.take(keys[1], guild_id=GUILD, user_id=USER) is not None
    assert drafts.take(keys[-1], guild_id=GUILD, user_id=USER) is not None
