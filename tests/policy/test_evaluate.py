"""The one order in which requests are checked, whoever asks."""

from dataclasses import replace

import pytest

from bot.cometapi.models import model_rules
from bot.domain.quotas import CapUse, Scope
from bot.domain.sanctions import Block, MemberFacts
from bot.policy.decide import Verdict
from bot.policy.evaluate import evaluate
from bot.policy.quotas import caps_of
from bot.requests.validation import DeclaredFile, Refusal, Rule
from tests.policy.builders import GUILD, MEMBER, NOBODY, NOW, ask, operator, policy

ALEPH, ALEPH2 = model_rules("gen4_aleph"), model_rules("aleph2")
CLIP = DeclaredFile("video/mp4", "clip.mp4", 1_000_000)
PICTURE = DeclaredFile("image/png", "style.png", 1_000)
BLOCKED = MemberFacts(
    block=Block(guild_id=GUILD, user_id=MEMBER, blocked_by=9, blocked_at=NOW, note=None)
)
NO_PLACE = Refusal(rule=Rule.PERMISSION_MISSING, words=("Attach Files",))


def evaluated(facts, settings=None, *, member=NOBODY, model=ALEPH, **options):
    return evaluate(facts, settings or policy(), member, operator(), NOW, model=model, **options)


def test_of_several_rules_the_first_in_the_order_is_told():
    """Each step mends what was told, and the next reason shows."""
    settings = policy(max_video_bytes=2**20, micros_per_day=1)
    facts = ask(
        place_refusal=NO_PLACE,
        prompt=" ",
        seed=-1,
        ratio="9:1",
        clip=DeclaredFile("text/plain", "clip.txt", 2**30),
        reference=DeclaredFile("text/plain", "style.txt", 5),
        seconds=1.0,
    )
    told = [evaluated(facts, settings, member=BLOCKED, model=ALEPH2).refusal.rule]
    for mended in (
        {},
        {"place_refusal": None},
        {"prompt": "a rainy night"},
        {"seed": 7},
        {"ratio": None},
        {"clip": CLIP._replace(size_bytes=2**30)},
        {"clip": CLIP},
        {"reference": PICTURE},
        {"seconds": 4.0},
    ):
        facts = replace(facts, **mended)
        uses = [CapUse(cap=cap, used=0) for cap in caps_of(settings, facts, operator())]
        found = evaluated(facts, settings, model=ALEPH2, uses=uses)
        assert found.verdict is Verdict.REFUSE
        told.append(found.refusal.rule if found.refusal else found.reached.cap.holder.scope)
    assert told == [
        Rule.BLOCKED,
        Rule.PERMISSION_MISSING,
        Rule.PROMPT_EMPTY,
        Rule.SEED_OUT_OF_RANGE,
        Rule.RATIO_NOT_OFFERED,
        Rule.NOT_A_VIDEO,
        Rule.VIDEO_TOO_BIG,
        Rule.REFERENCE_NOT_AN_IMAGE,
        Rule.VIDEO_TOO_SHORT,
        Scope.SERVER,
    ]


@pytest.mark.parametrize(
    ("reference", "model", "rule"),
    [
        (None, model_rules("unheard_of"), None),
        (PICTURE, ALEPH, None),
        (PICTURE, model_rules("unheard_of"), Rule.REFERENCE_NOT_TAKEN),
        (PICTURE._replace(content_type="text/plain"), ALEPH, Rule.REFERENCE_NOT_AN_IMAGE),
    ],
)
def test_a_style_image_needs_a_model_that_takes_one(reference, model, rule):
    refusal = evaluated(ask(reference=reference), model=model).refusal
    assert (refusal and refusal.rule) == rule


def test_what_is_not_known_of_a_request_is_not_checked():
    rules = [{"kind": "words", "text": "gore", "action": "refuse"}]
    too_short = policy(max_video_seconds=1, max_video_bytes=2**20, prompt_rules=rules)
    found = evaluated(ask(prompt=None), too_short, model=ALEPH2)
    assert (found.verdict, found.refusal, found.seconds) == (Verdict.ALLOW, None, None)
    assert evaluated(ask(seconds=9.0), too_short, model=ALEPH2).refusal.rule is (
        Rule.LIMIT_BELOW_MODEL
    )


def test_caps_are_not_even_read_for_what_a_rule_refuses():
    def uses():
        raise AssertionError("read")
        yield

    found = evaluated(ask(prompt=" ", seconds=4.0), uses=uses())
    assert (found.refusal.rule, found.reached, found.price) == (Rule.PROMPT_EMPTY, None, 600_000)
