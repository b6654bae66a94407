"""More requests than a review channel is to show at once."""

from tests.cogs.conftest import buttons_of, said, text_of
from tests.cogs.reviewing import court, simcord_bot

__all__ = ["court", "simcord_bot"]


async def test_more_requests_than_places_are_one_message_and_follow_one_by_one(court):
    await court.decide(review_open_cap=2)
    jobs = [await court.asked() for _ in range(4)]
    one, two, fold = court.cards
    assert "**2 more requests are waiting**" in text_of(fold)
    assert list(buttons_of(fold)) == ["Show next"]
    await court.press("Approve", card=one)
    await court.engine()
    assert "**1 more request is waiting**" in text_of(court.cards[2])
    assert str(jobs[2].id) in buttons_of(court.cards[3])["Approve"]
    await court.expired(jobs[1])
    await court.engine()
    assert "Expired" in text_of(court.cards[1])
    assert str(jobs[3].id) in buttons_of(court.cards[3])["Approve"]
    assert all("are waiting**" not in text for text in court.texts())
    assert two.id in [card.id for card in court.cards]


async def test_a_moderator_can_open_one_more_at_any_time(court, make_bot):
    await court.decide(review_open_cap=1)
    jobs = [await court.asked() for _ in range(2)] + [await court.asked(court.withheld)]
    _, fold = court.cards
    assert "moderators (Manage" in said(await court.press("Show next", card=fold, who=court.alice))
    old = court.bot
    bot = await court.restart(make_bot)
    try:
        answer = await court.press("Show next", card=fold)
        assert "appears below" in said(answer)
        await court.engine()
        assert str(jobs[1].id) in buttons_of(court.cards[2])["Approve"]
        assert "**1 more request is waiting**" in text_of(court.cards[1])
        await court.press("Show next", card=court.cards[1])
        await court.engine()
        assert len(court.cards[-1].attachments) == 1
        assert len(court.cards) == 3
    finally:
        await bot.close()
        await old.close()


async def test_a_flood_costs_one_message_beyond_the_cap(court):
    await court.decide(review_open_cap=1)
    for _ in range(12):
        await court.held()
    await court.engine()
    assert len(court.cards) == 2
    assert "**11 more requests are waiting**" in text_of(court.cards[1])


async def test_the_fold_moves_with_the_review_channel(court):
    await court.decide(review_open_cap=1)
    for _ in range(2):
        await court.asked()
    elsewhere = court.guild.create_text_channel("other-reviews")
    await court.decide(review_channel_id=elsewhere.id, review_open_cap=1)
    await court.asked()
    assert len(court.cards) == 1
    [fold] = elsewhere.history()
    assert "**2 more requests are waiting**" in text_of(fold)


async def test_a_deleted_fold_is_posted_again(court):
    await court.decide(review_open_cap=1)
    for _ in range(2):
        await court.asked()
    await court.mo.delete(court.cards[1])
    await court.asked()
    assert "**2 more requests are waiting**" in text_of(court.cards[1])
