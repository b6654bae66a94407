"""``python -m tests.fakes``: the local Discord as a process of its own.

It prints one line of JSON with its addresses and the token, and stops on SIGTERM or SIGINT.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import signal

from tests.fakes.server import DiscordServer


async def serve(server: DiscordServer) -> None:
    """Run until a signal comes."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    async with server:
        addresses = {
            "origin": server.origin,
            "api_url": server.api_url,
            "gateway_url": server.gateway_url,
            "token": server.token,
        }
        print(json.dumps(addresses), flush=True)  # noqa: T201 - what the caller waits for
        await stopped.wait()


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.fakes", description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--token", default="local.discord.token")
    parser.add_argument("--nonce-window-seconds", type=float, default=300)
    asyncio.run(serve(DiscordServer(**vars(parser.parse_args()))))


if __name__ == "__main__":
    main()
