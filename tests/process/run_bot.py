"""Run the real bot against a local Discord: two addresses are exchanged, nothing else.

``LOCAL_DISCORD_API`` and ``LOCAL_DISCORD_GATEWAY`` say where it is.
"""

from __future__ import annotations

import os
import sys

import discord.gateway
import discord.http
import yarl

from bot.__main__ import main

if __name__ == "__main__":
    discord.http.Route.BASE = os.environ["LOCAL_DISCORD_API"]
    discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(os.environ["LOCAL_DISCORD_GATEWAY"])
    sys.exit(main(sys.argv[1:]))
