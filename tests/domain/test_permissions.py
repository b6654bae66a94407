"""Who may do what."""

import pytest

from bot.domain.permissions import MAY, NOT_OWN, Action, Actor, Who, may, who

MEMBER = Actor(user_id=1, in_guild=True)
MODERATOR = Actor(user_id=2, in_guild=True, manage_messages=True)
MANAGER = Actor(user_id=3, in_guild=True, manage_guild=True)
REVIEWER = Actor(user_id=4, in_guild=True, role_ids=frozenset({77, 78}))
OWNER = Actor(user_id=5, in_guild=False, is_owner=True)


def test_every_action_is_in_the_table():
    assert set(MAY) == set(Action)
    assert all(MAY.values())


def test_a_manager_is_a_moderator_and_a_moderator_is_no_manager():
    assert who(MANAGER) == {Who.MEMBER, Who.MODERATOR, Who.MANAGER}
    assert who(MODERATOR) == {Who.MEMBER, Who.MODERATOR}


def test_a_role_of_the_server_makes_a_moderator():
    assert who(REVIEWER, reviewer_role_ids={78}) == {Who.MEMBER, Who.MODERATOR}
    assert who(REVIEWER, reviewer_role_ids={79}) == {Who.MEMBER}


def test_permissions_count_for_nothing_in_direct_messages():
    alone = Actor(user_id=2, in_guild=False, manage_messages=True, manage_guild=True)
    assert who(alone) == {Who.MEMBER}


@pytest.mark.parametrize("action", sorted(NOT_OWN))
@pytest.mark.parametrize("actor", [MODERATOR, MANAGER, OWNER])
def test_nobody_decides_about_a_request_of_their_own(action, actor):
    assert may(action, who(actor))
    assert not may(action, who(actor, requester_id=actor.user_id))


def test_only_who_posted_the_clip_gives_permission_for_it():
    assert may(Action.ANSWER_CONSENT, who(MEMBER, author_id=1))
    assert not may(Action.ANSWER_CONSENT, who(MANAGER, author_id=1))


@pytest.mark.parametrize(
    "action", [Action.PAUSE_EVERYTHING, Action.SETTLE_UNCERTAIN, Action.SEE_ALL_SERVERS]
)
def test_what_concerns_the_whole_bot_is_its_owners(action):
    assert MAY[action] == {Who.OWNER}


def test_a_mere_member_touches_nothing_of_others():
    allowed = {action for action in Action if may(action, who(MEMBER))}
    assert allowed == {
        Action.COMPARE,
        Action.ADD_SOUND,
        Action.SEE_OWN_USAGE,
        Action.MANAGE_OWN_DATA,
        Action.START_AGAIN,
        Action.SEE_MORE,
        Action.REPORT,
        Action.USE_LOOKS,
        Action.SEE_OWN_JOBS,
        Action.START_OWN,
    }
