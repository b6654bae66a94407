from dataclasses import fields, replace
from itertools import pairwise

import pytest

from bench.scale import assumptions as a
from bench.scale import measure
from bench.scale.limits import (
    Limit,
    Whose,
    binding,
    busiest,
    discord_limits,
    load_of,
    needed_tier,
    own_limits,
    provider_limits,
)
from bench.scale.peak import HOUR, simulate_peak
from bench.scale.report import BEGIN, END, report, study
from bench.simulate import main, positive, rewrite
from bot.settings import Settings
from bot.storage.database import open_database
from bot.storage.store import Store


@pytest.fixture(scope="module")
def tables():
    return report([study(1, 1.0), study(100, 1.0)])


def limit(name, demand, capacity=1.0):
    return Limit(name=name, whose=Whose.OURS, demand=demand, capacity=capacity, advice="")


@pytest.fixture(scope="module")
def loads():
    return [load_of(servers, 1.0) for servers in (1, 100, 1_000, 10_000)]


# The peak hour


def test_the_same_seed_gives_the_same_hour_and_another_one_does_not():
    first = simulate_peak(200.0, concurrent=8)
    assert simulate_peak.__wrapped__(200.0, concurrent=8) == first
    assert simulate_peak(200.0, concurrent=8, seed=1) != first


def test_jobs_at_once_are_what_littles_law_says():
    peak = simulate_peak(3_000.0)
    seconds = a.MEAN_SECONDS + peak.detection_mean
    assert peak.waiting_mean == pytest.approx(3_000 / HOUR * seconds, rel=0.05)


def test_arrivals_come_at_the_rate_asked_for():
    peak = simulate_peak(50.0)
    assert peak.jobs == pytest.approx(50 * peak.hours, rel=0.06)


def test_who_meets_a_single_busy_place_is_held_back():
    # Poisson arrivals find the one place taken as often as it is taken at all.
    peak = simulate_peak(15.0, concurrent=1)
    assert peak.throttled_share == pytest.approx(15 / HOUR * a.MEAN_SECONDS, abs=0.06)


def test_more_places_never_make_jobs_wait_longer():
    waits = [simulate_peak(150.0, concurrent=places).queue_p95 for places in (3, 5, 10, 20)]
    assert waits == sorted(waits, reverse=True)
    assert waits[0] > 60 > waits[-1]


def test_a_provider_with_too_few_places_makes_jobs_time_out():
    assert simulate_peak(400.0, concurrent=20).timed_out_share == 0
    assert simulate_peak(400.0, concurrent=2).timed_out_share > 0.3


def test_who_was_held_back_first_begins_first():
    # A third too many for an hour: in turn everybody waits 25 minutes at most.
    peak = simulate_peak(100.0, concurrent=2)
    assert peak.throttled_share > 0.9
    assert peak.timed_out_share == 0


def test_the_bots_own_rule_is_what_is_simulated():
    peak = simulate_peak(1_000.0)
    assert 12 < peak.polls_per_job <= 14
    assert 2.4 < peak.detection_mean <= 2.6


def test_no_arrivals_are_refused():
    with pytest.raises(ValueError, match="above 0"):
        simulate_peak(0.0)


# What a size asks for


def test_more_servers_never_ask_for_less(loads):
    for less, more in pairwise(loads):
        for name in ("jobs_per_day", "dollars_per_month", "rows_per_year", "memory_bytes"):
            assert getattr(less, name) < getattr(more, name)
        assert less.shards <= more.shards
        assert less.processes <= more.processes
        assert less.peak.polls_per_second < more.peak.polls_per_second
        assert less.peak.waiting_mean < more.peak.waiting_mean
        assert less.busiest_server_jobs < more.busiest_server_jobs
        for small, large in zip(own_limits(less), own_limits(more), strict=True):
            assert small.used < large.used, small.name
        for small, large in zip(discord_limits(less), discord_limits(more), strict=True):
            assert small.used < large.used, small.name


def test_more_jobs_a_server_need_no_lower_tier():
    needed = [needed_tier(load_of(50, rate)) for rate in (0.01, 0.3, 1, 10, 100, 300)]
    ranks = [(tier.number, keys) for tier, keys in needed]
    assert ranks == sorted(ranks)
    assert ranks[0] == (1, 1)
    assert ranks[-1][0] == 5
    assert ranks[-1][1] > 1


@pytest.mark.parametrize(("servers", "shards"), [(1, 1), (2_500, 1), (2_501, 2), (100_000, 40)])
def test_shards_are_the_fewest_that_discord_accepts(loads, servers, shards):
    assert replace(loads[0], servers=servers).shards == shards


def test_discord_verifies_from_the_hundred_and_first_server_on(loads):
    assert not replace(loads[0], servers=100).needs_verification
    assert replace(loads[0], servers=101).needs_verification


def test_the_busiest_of_many_servers_is_far_from_the_mean():
    assert busiest(1) == pytest.approx(1)
    assert busiest(10) < busiest(1_000) / 10
    assert busiest(1_000) < 1_000 / 5


# What binds


def test_the_fullest_limit_binds_whatever_its_unit():
    assert binding([limit("a", 5, 10), limit("b", 3, 4), limit("c", 900, 2_000)]).name == "b"


def test_of_equally_full_limits_the_first_one_binds():
    assert binding([limit("a", 1, 10), limit("b", 5, 10), limit("c", 1, 2)]).name == "b"


def test_the_needed_tier_carries_the_load_and_the_one_below_does_not(loads):
    for load in loads:
        tier, keys = needed_tier(load)
        assert binding(provider_limits(load, tier, keys)).used <= 1
        if keys > 1:
            assert binding(provider_limits(load, tier, keys - 1)).used > 1
        elif tier.number > 1:
            assert binding(provider_limits(load, a.TIERS[tier.number - 2])).used > 1


def test_money_binds_at_every_tier_before_the_providers_other_limits(loads):
    # docs/scale.md says so in words.
    for tier in a.TIERS:
        assert binding(provider_limits(loads[2], tier)).name == "provider: dollars a month"


def test_a_given_tier_is_kept_even_where_it_is_too_small():
    size = study(1_000, 1.0, a.TIERS[0])
    assert (size.tier.number, size.keys) == (1, 1)
    assert binding(size.limits).name == "provider: dollars a month"
    assert binding(size.limits).used > 100
    assert size.held.timed_out_share > 0


def test_one_process_is_enough_until_it_is_fuller_than_the_headroom(loads):
    for load in loads:
        fullest = max(entry.used for entry in own_limits(load) if entry.name == "CPU")
        assert load.processes >= fullest / a.HEADROOM
    assert loads[0].processes == 1


# What goes in


async def test_a_job_costs_the_database_what_is_assumed(tmp_path):
    async with open_database(f"sqlite+aiosqlite:///{tmp_path / 'count.db'}") as database:
        store = Store(database, worker_id="count")
        await store.lease.renew(60)
        counts = await measure.count_one(database, store)
    assert counts.writes == a.WRITES_PER_JOB + measure.SHOWS
    assert counts.transactions - counts.writes == a.READS_PER_JOB + measure.SHOWS


def test_as_many_clips_are_looked_into_at_once_as_is_assumed():
    assert Settings.model_fields["media_processes"].default == a.PROBES_AT_ONCE


def test_a_tier_is_better_than_the_one_below_in_everything():
    for below, above in pairwise(a.TIERS):
        for field in fields(a.Tier):
            assert getattr(below, field.name) < getattr(above, field.name)


# What comes out


def test_the_report_is_the_same_at_every_run(tables):
    assert report([study(1, 1.0), study(100, 1.0)]) == tables


def test_every_line_of_a_table_has_as_many_cells_as_its_header(tables):
    for block in tables.split("\n\n"):
        lines = block.splitlines()
        assert len({line.count("|") for line in lines}) == 1, lines[0]
        assert len({len(line) for line in lines}) == 1, lines[0]


def test_only_what_lies_between_the_markers_is_rewritten():
    document = f"# Before\n{BEGIN}\nold\n{END}\nafter\n"
    assert rewrite(document, "new") == f"# Before\n{BEGIN}\n\nnew\n\n{END}\nafter\n"
    assert rewrite(rewrite(document, "new"), "new") == rewrite(document, "new")


@pytest.mark.parametrize(
    "document",
    ["", f"{BEGIN}\n", f"{END}\n{BEGIN}\n", f"{BEGIN}\n{END}\n{BEGIN}\n{END}\n"],
    ids=["none", "no end", "wrong order", "twice"],
)
def test_a_document_without_its_markers_is_left_alone(document):
    with pytest.raises(ValueError, match="two lines"):
        rewrite(document, "new")


def test_the_document_of_the_project_is_filled_in(request):
    document = (request.config.rootpath / "docs" / "scale.md").read_text(encoding="utf-8")
    filled = document.partition(BEGIN)[2].partition(END)[0]
    assert "What binds first at each size" in filled
    assert rewrite(document, filled.strip()) == document


@pytest.mark.parametrize("text", ["0", "-1", "nan", "inf", "many"])
def test_a_rate_that_makes_no_sense_is_refused(text, capsys):
    with pytest.raises(ValueError, match=text):
        positive(text)
    with pytest.raises(SystemExit):
        main(["--jobs-per-server-per-day", text])
    assert "--jobs-per-server-per-day" in capsys.readouterr().err
