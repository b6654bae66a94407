"""How often the bot calls Discord for one job."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import TYPE_CHECKING, Any, Final

from bench.engine.people import small_clip

if TYPE_CHECKING:
    from tests.fakes import Channel, DiscordServer

PROGRESS: Final = (" (status message)", " (record)")
"""Which edits show how far a job is."""


async def count_calls(
    server: DiscordServer, place: Channel, *, jobs: int, last_seconds: float
) -> dict[str, Any]:
    """Let some jobs live their whole life, each of somebody else's, and count.

    Args:
        server: Where the bot is; nobody else uses it meanwhile.
        place: Where the command is used.
        jobs: How many, all at once.
        last_seconds: How long the last edits may take.
    """
    clip = small_clip()
    before = len(server.calls)
    for number in range(jobs):
        user = server.add_user(f"caller{number}")
        await server.use("restyle", channel=place, user=user, video=clip, prompt="neon")
    await server.until(
        lambda: sum("Watch" in post.text for post in place.posts) == jobs, seconds=120
    )
    await asyncio.sleep(last_seconds)
    made = server.calls[before:]
    since = {t.id: _answer_time(server, t) for t in server.threads_of(place)}
    routes: Counter[str] = Counter()
    for call in made:
        name = call.route
        if call.method == "PATCH" and call.path.startswith("/channels/"):
            _, _, channel, _, message = call.path.split("/")
            if int(channel) in since:
                name += " (status message)"
            else:
                is_last = call.time > since.get(int(message), 0.0)
                name += " (record, last)" if is_last else " (record)"
        routes[name] += 1
    per_job = {name: count / jobs for name, count in routes.most_common()}
    progress = sum(per_job.get(f"PATCH /channels/*/messages/*{which}", 0.0) for which in PROGRESS)
    return {
        "jobs": jobs,
        "routes": per_job,
        "progress_edits": progress,
        "others": sum(per_job.values()) - progress,
    }


def _answer_time(server: DiscordServer, thread: Channel) -> float:
    posts = [
        call
        for call in server.calls
        if call.method == "POST" and call.path == f"/channels/{thread.id}/messages"
    ]
    return float(posts[-1].time)
