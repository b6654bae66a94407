"""How the settings are laid out for people."""

from bot.domain.quotas import Scope
from bot.policy.catalogue import MEMBER_CAPS, SETTINGS, SHARED_CAPS, settings_of, topics_of
from bot.policy.topics import Topic

LEVELS = (Scope.SERVER, Scope.CHANNEL, Scope.ROLE)


def test_every_setting_is_offered_once_for_the_server_and_every_topic_has_one():
    offered = [name for topic in Topic for name in settings_of(topic, Scope.SERVER)]
    assert sorted(offered) == sorted(SETTINGS)
    assert topics_of(Scope.SERVER) == tuple(Topic)


def test_whatever_can_be_set_for_a_level_is_offered_there_and_nothing_else():
    for scope in LEVELS:
        offered = {name for topic in topics_of(scope) for name in settings_of(topic, scope)}
        assert offered == {name for name, one in SETTINGS.items() if scope in one.scopes}


def test_no_topic_is_empty_where_it_is_offered():
    for scope in LEVELS:
        assert all(settings_of(topic, scope) for topic in topics_of(scope))


def test_every_cap_of_all_together_has_its_like_for_each_member():
    assert {f"member_{name}": counts for name, counts in SHARED_CAPS.items()} == MEMBER_CAPS
    assert settings_of(Topic.ALL, Scope.SERVER) == tuple(SHARED_CAPS)
    assert settings_of(Topic.MEMBERS, Scope.SERVER) == tuple(MEMBER_CAPS)
