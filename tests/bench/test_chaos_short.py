"""``make chaos``, the short version: a few kills of every kind, on both databases."""

from __future__ import annotations

from bench.chaos.__main__ import Run, main
from bench.chaos.trouble import provider_silent


def test_killed_frozen_and_cut_off_nothing_is_paid_for_twice_lost_or_told_twice(capfd):
    assert main(["--short"]) == 0, "".join(capfd.readouterr())


async def test_a_worker_that_sends_lost_requests_again_is_found_out():
    async with Run(["sqlite"]) as opened:
        row = await provider_silent(
            opened.forkserver, opened.makers[0], jobs_each=2, is_careless=True
        )
        opened.drop_folder()
    assert row.counts.jobs == row.counts.charged_twice == 2
    assert not row.counts.is_clean
