"""What the provider says of the account before anything is spent."""

import logging

import pytest
from pydantic import SecretStr

from bot.cometapi.client import CometClient
from bot.cometapi.console import Console
from bot.engine.provider_watch import LowBalance, ProviderTrouble, ProviderWatch


@pytest.fixture
def make_watch(lone_bench, http):
    def make(*, direct=False, models=("gen4_aleph",), warn=5_000_000):
        standin, key = lone_bench.standin, SecretStr("key")
        url = standin.direct_url if direct else standin.base_url
        comet = CometClient(http, base_url=url, api_key=key, version="2024-11-06")

        return ProviderWatch(
            console=Console(comet, base_url=url, api_key=key),
            store=lone_bench.store,
            clock=lone_bench.clock,
            models=models,
            warn_micros=warn,
        )

    return make


@pytest.fixture
def account(lone_bench):
    return lone_bench.standin.account


@pytest.mark.parametrize("direct", [False, True])
async def test_a_refused_key_is_said_in_one_line_and_seen_again_when_it_is_right(
    make_watch, account, caplog, direct
):
    watch = make_watch(direct=direct)
    account.api_key = "another"
    await watch.look()
    await watch.look()
    assert watch.trouble is ProviderTrouble.KEY_REFUSED
    lines = [r.getMessage() for r in caplog.records if r.levelno >= logging.ERROR]
    assert lines == [
        "The provider refuses COMETAPI_KEY: /restyle accepts no clips until it is right"
    ]
    account.api_key = None
    await watch.look()
    assert watch.trouble is None


@pytest.mark.parametrize(
    ("offered", "trouble"),
    [
        (("gpt-5", "kling_4"), ProviderTrouble.MODEL_ABSENT),
        (("gpt-5", "gen4_aleph"), None),
        (("gpt-5", "runwayml_video_to_video"), None),  # a route's own name: nobody can tell
        ((), None),
        (None, None),
    ],
)
async def test_a_model_counts_as_absent_only_where_the_catalogue_would_name_it(
    make_watch, account, offered, trouble
):
    account.offered = offered
    watch = make_watch()
    await watch.look()
    assert watch.trouble is trouble


async def test_one_offered_model_of_several_is_enough(make_watch, account):
    account.offered = ("aleph2",)
    watch = make_watch(models=("gen4_aleph", "aleph2"))
    await watch.look()
    assert watch.trouble is None


@pytest.mark.parametrize("direct", [False, True])
async def test_little_money_is_known_until_a_top_up_and_logged_once(
    make_watch, account, caplog, direct
):
    watch = make_watch(direct=direct)
    account.limit_dollars, account.used_dollars = 20.0, 16.0
    await watch.look()
    await watch.look()
    assert watch.low == LowBalance(left=4_000_000, usual=0)
    assert caplog.text.count("Only $4.00 is left at the provider") == 1
    account.limit_dollars = 40.0
    await watch.look()
    assert (watch.low, watch.left) == (None, 24_000_000)
    account.used_dollars = 39.0
    await watch.look()
    assert watch.low == LowBalance(left=1_000_000, usual=0)


async def test_a_key_without_a_limit_is_never_low(make_watch):
    watch = make_watch(warn=10**15)
    await watch.look()
    assert (watch.low, watch.left) == (None, None)


@pytest.mark.parametrize("direct", [False, True])
async def test_answers_that_say_nothing_block_nothing(make_watch, account, direct, caplog):
    caplog.set_level(logging.DEBUG)
    account.is_odd = True
    watch = make_watch(direct=direct)
    await watch.look()
    await watch.look()
    assert (watch.trouble, watch.low) == (None, None)
    odd = [r for r in caplog.records if "cannot be used" in r.getMessage()]
    assert len(odd) == len({r.getMessage() for r in odd})
    assert all(r.levelno == logging.DEBUG for r in odd)


async def test_what_the_provider_said_last_holds_while_it_says_nothing(
    make_watch, account, lone_bench, caplog
):
    watch = make_watch()
    account.api_key = "another"
    await watch.look()
    await lone_bench.standin.__aexit__(None, None, None)
    await watch.look()
    assert watch.trouble is ProviderTrouble.KEY_REFUSED
    assert not watch.is_key_known
    assert "accepts jobs again" not in caplog.text


class HalfSilentConsole:
    """A provider whose catalogue answers although nobody says how the key is."""

    is_good = False

    async def is_key_good(self):
        return self.is_good

    async def offers(self, model):
        return True

    async def micros_left(self):
        return None


async def test_a_catalogue_says_nothing_about_a_key_that_was_refused(lone_bench):
    console = HalfSilentConsole()
    watch = ProviderWatch(
        console=console,
        store=lone_bench.store,
        clock=lone_bench.clock,
        models=["gen4_aleph"],
        warn_micros=0,
    )
    for console.is_good in (False, None):
        await watch.look()
        assert watch.trouble is ProviderTrouble.KEY_REFUSED
    console.is_good = True
    await watch.look()
    assert watch.trouble is None


async def test_an_absent_model_stays_absent_while_the_provider_says_nothing(
    make_watch, account, lone_bench
):
    watch = make_watch()
    account.offered = ("gpt-5",)
    await watch.look()
    await lone_bench.standin.__aexit__(None, None, None)
    await watch.look()
    assert (watch.trouble, watch.is_model_known) == (ProviderTrouble.MODEL_ABSENT, False)


async def test_a_provider_that_cannot_be_reached_blocks_nothing(make_watch, lone_bench):
    watch = make_watch()
    await lone_bench.standin.__aexit__(None, None, None)
    await watch.look()
    assert (watch.trouble, watch.low) == (None, None)
