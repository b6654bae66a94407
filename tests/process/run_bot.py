"""Run the real bot against a local Discord: two addresses are exchanged.

It is patient with its database, too: the machine may be busy with the other tests.

``LOCAL_DISCORD_API`` and ``LOCAL_DISCORD_GATEWAY`` say where Discord is, ``LOCAL_STORE_SECONDS``
how patient the bot is where people wait and ``LOCAL_WAIT_SECONDS`` elsewhere, and
``LOCAL_BEAT_SECONDS`` how often it says how it is.
"""

from __future__ import annotations

import os
import sys

import discord.gateway
import discord.http
import discord.state
import yarl

from bot import signs
from bot.__main__ import main
from bot.storage import engines
from cogs.common import limits

if __name__ == "__main__":
    discord.http.Route.BASE = os.environ["LOCAL_DISCORD_API"]
    discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(os.environ["LOCAL_DISCORD_GATEWAY"])
    # Two seconds without another server of the bot's mean that all are there; ours come at once.
    discord.state.ConnectionState.guild_ready_timeout = property(lambda _: 0.1, lambda *_: None)
    limits.STORE_SECONDS = float(os.environ.get("LOCAL_STORE_SECONDS", "60"))
    engines.WAIT_SECONDS = float(os.environ.get("LOCAL_WAIT_SECONDS", engines.WAIT_SECONDS))
    signs.BEAT_SECONDS = float(os.environ.get("LOCAL_BEAT_SECONDS", signs.BEAT_SECONDS))
    sys.exit(main(sys.argv[1:]))
