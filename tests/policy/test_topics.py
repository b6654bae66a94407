"""How the settings are laid out for people."""

from collections import Counter

from bot.domain.quotas import Scope
from bot.policy.catalogue import SETTINGS
from bot.policy.topics import TOPICS, settings_of, topic_of, topics_of


def test_every_setting_is_in_one_topic():
    assert Counter(name for names in TOPICS.values() for name in names) == Counter(list(SETTINGS))
    assert all(name in TOPICS[topic_of(name)] for name in SETTINGS)


def test_whatever_can_be_set_for_a_level_is_offered_there_and_nothing_else():
    for scope in (Scope.SERVER, Scope.CHANNEL, Scope.ROLE):
        offered = {name for topic in topics_of(scope) for name in settings_of(topic, scope)}
        assert offered == {name for name, one in SETTINGS.items() if scope in one.scopes}


def test_no_topic_is_empty_where_it_is_offered():
    for scope in (Scope.SERVER, Scope.CHANNEL, Scope.ROLE):
        assert all(settings_of(topic, scope) for topic in topics_of(scope))
