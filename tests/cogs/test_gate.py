"""Several kinds of people who are asked, each by its own gatekeeper."""

from bot.domain.jobs import Hold
from cogs.common.approval_router import ApprovalRouter
from tests.factories import new_job


class Recording:
    def __init__(self, error=None):
        self.error, self.settled_ids = error, []

    async def present(self, job, clip):
        raise AssertionError("nobody is asked here")

    async def settled(self, job):
        self.settled_ids.append(job.id)
        if self.error is not None:
            raise self.error


async def test_one_that_breaks_keeps_no_other_card_out_of_date():
    gate, broken, well = ApprovalRouter(), Recording(RuntimeError("broken")), Recording()
    gate.add(Hold.CONSENT, broken)
    gate.add(Hold.REVIEW, well)
    await gate.settled(new_job(7))
    assert broken.settled_ids == well.settled_ids == [7]
