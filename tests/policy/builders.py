"""Policies, requests and the operator's settings, as tests make them up."""

from datetime import UTC, datetime

from bot.domain.quotas import Scope
from bot.domain.sanctions import MemberFacts
from bot.policy.catalogue import parse
from bot.policy.decide import RequestFacts, decide
from bot.policy.levels import Policy
from bot.policy.problems import SERVER, Problem, Target
from bot.settings import Settings

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)
GUILD, CHANNEL, PARENT, THREAD, MEMBER = 1, 10, 11, 12, 20
VIP, NEWBIE, PLAIN = 30, 31, 32
NOBODY = MemberFacts()


def operator(**fields):
    return Settings(
        _env_file=None,
        **{
            "discord_token": "token",
            "cometapi_key": "key",
            "cometapi_base_url": "http://127.0.0.1:9/v1",
            "bot_dollars_per_month": "unlimited",  # tests that are about a budget set one
        }
        | fields,
    )


def channel(channel_id=CHANNEL):
    return Target(Scope.CHANNEL, channel_id)


def role(role_id=VIP):
    return Target(Scope.ROLE, role_id)


def policy(*levels, allowance=None, **server):
    """Return a policy: ``levels`` are (target, values); every value goes through ``parse``."""
    values = {}
    for target, own in [(SERVER, server), *levels]:
        for name, value in own.items():
            parsed = parse(name, value, target)
            assert not isinstance(parsed, Problem), parsed
            values.setdefault(target, {})[name] = parsed
    return Policy(GUILD, values, allowance or {})


def ask(**fields):
    return RequestFacts(
        **{
            "prompt": "a rainy night",
            "channel_ids": (CHANNEL,),
            "role_ids": frozenset(),
            "user_id": MEMBER,
        }
        | fields
    )


def decided(policy, facts=NOBODY, *, by=None, now=NOW, **fields):
    return decide(ask(**fields), policy, facts, by or operator(), now)
