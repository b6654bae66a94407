# ruff: noqa: RUF001, E501 - a multiplication sign is what is meant; prose in long lines
"""The sections of the page about what people, and servers, notice of the bot."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bench.page import table

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bench.engine.run import Results


def first_answers(results: Results) -> list[str]:
    """Return the lines of the section about the first answer; none if it was not measured."""
    if not results.acknowledged:
        return []
    said = results.acknowledged["SQLite"]
    return [
        "## The first answer",
        "",
        "The whole bot as a process on one core, the children that look into the clips included; a "
        "local Discord with gateway and REST over real sockets, and the provider, on the other. "
        f"{said['jobs']:,} jobs wait and are polled while people use `/restyle` "
        f"{said['per_second']:.0f} times a second at random moments. The time is that from "
        "INTERACTION_CREATE being sent to the first answer having arrived; Discord drops what takes "
        "three seconds. Where the other core is busy, Discord and the provider share it with an "
        "endless loop.",
        "",
        *table(
            (
                "",
                "interactions",
                "p50 ms",
                "p99 ms",
                "longest ms",
                "without an answer",
                "p50 ms at two a second",
            ),
            (
                (
                    name,
                    f"{one['interactions']:,}",
                    *(f"{one[key]:.0f}" for key in ("p50_ms", "p99_ms", "max_ms")),
                    str(one["unanswered"]),
                    f"{one['calm_p50_ms']:.0f}",
                )
                for name, one in results.acknowledged.items()
            ),
        ),
        "",
    ]


def calls(results: Results) -> list[str]:
    """Return the lines of the section about calls to Discord; none if they were not counted."""
    if not results.waits:
        return []
    return [
        "## Discord",
        "",
        *table(
            ("Discord calls of one whole job", "per job"),
            ((f"`{name}`", f"{n:.1f}") for name, n in results.waits["calls"]["routes"].items()),
        ),
        "",
        "Besides progress means without the edits of the status message and those of the record "
        "before its last; the status message's last edit, which says that the job is done, would be "
        "one call more. How many there are depends on "
        "how often there is something new to show, and on the budget that all jobs share.",
        "",
    ]


def servers(results: Results) -> list[str]:
    """Return the lines of the section about many servers; none if there were not many."""
    if len(results.servers) < 2:
        return []
    few, many = results.servers
    more = (many["resident_bytes"] - few["resident_bytes"]) / (many["guilds"] - few["guilds"])
    return [
        "## Many servers",
        "",
        f"The start of the whole bot with {many['jobs']:,} waiting jobs: from the start of the process until Discord "
        "has told it of every server and knows its commands, and from then until a command is answered in time. "
        "A server has 20 channels and 15 roles (assumed). discord.py opens one shard for 2,500 servers.",
        "",
        *table(
            ("servers", "ready after s", "of CPU s", "answering after s more", "memory MiB"),
            (
                (
                    f"{one['guilds']:,}",
                    f"{one['ready_seconds']:.1f}",
                    f"{one['ready_cpu_seconds']:.1f}",
                    f"{one['answering_seconds']:.2f}",
                    f"{one['resident_bytes'] / 2**20:.0f}",
                )
                for one in results.servers
            ),
        ),
        "",
        f"A server more takes {more / 1024:.1f} KiB.",
        "",
    ]


def waits(results: Results) -> list[str]:
    """Return the lines of the section about what a person waits for; none if not measured."""
    if not (found := results.waits):
        return []
    many, floor, count = found["many"], found["many_floor"], sum(found["mix"])
    mix = ", ".join(
        f"{n} of “{name}”" for n, name in zip(found["mix"], found["kinds"], strict=True)
    )
    return [
        "## What a person waits for",
        "",
        "The whole bot on both cores between a local Discord and a local provider, which have their work to do there, "
        "too. *First answer* and *paid request* are counted from the command, *answer* from the poll that saw the end until "
        "the finished clip is posted (an end is seen 2.6 s after it in the mean: see When to poll). The floor does the least that "
        "anybody would: the same download, one pass, one upload, against the same servers. Its pass over a clip that goes as it is decodes "
        "it once; one that does not fit is decoded, scaled and encoded with the same encoder and settings; to the video that "
        "comes back it adds the sound, and draws a picture of six frames. It is a process that uses the libraries of FFmpeg that "
        "PyAV brings, no `ffmpeg` of the system's, so what differs is what the bot adds: its own work, a sandbox, "
        "looking into a clip before it is trusted and into what was made of it.",
        "",
        *table(
            (
                "alone",
                "MB",
                "first answer ms",
                "paid request s",
                "floor s",
                "over it s",
                "answer s",
                "floor s",
                "over it s",
                "CPU s",
                "floor's CPU s",
            ),
            _alone_rows(found),
        ),
        "",
        f"{count} in a minute ({mix}), the large ones first; the bot has two processes for clips, the floor runs two at once:",
        "",
        *table(
            (
                f"{count} in a minute",
                "all done after s",
                "CPU s",
                "a ready clip: paid request s, median",
                "longest",
            ),
            _many_rows(found),
        ),
        "",
        f"Of CPU the bot took {many['cpu_seconds'] / floor['cpu_seconds']:.2f}× the floor's.",
        "",
    ]


def _alone_rows(found: dict[str, Any]) -> Iterator[Sequence[str]]:
    for one, floor in zip(found["alone"], found["alone_floor"], strict=True):
        halves = [
            f"{value:.2f}"
            for half in ("request", "answer")
            for value in (one[half], floor[half], one[half] - floor[half])
        ]
        cpu = (sum(each[f"{half}_cpu"] for half in ("request", "answer")) for each in (one, floor))
        yield (
            found["kinds"][one["kind"]],
            f"{found['bytes'][one['kind']] / 1e6:.0f}",
            f"{1000 * one['first_answer']:.0f}",
            *halves,
            *(f"{value:.1f}" for value in cpu),
        )


def _many_rows(found: dict[str, Any]) -> Iterator[Sequence[str]]:
    many, floor = found["many"], found["many_floor"]
    ready = sorted(use["request"] for use in many["uses"] if use["kind"] == 0)
    yield (
        "this bot",
        f"{many['seconds']:.0f}",
        f"{many['cpu_seconds']:.0f}",
        f"{ready[len(ready) // 2]:.1f}",
        f"{ready[-1]:.1f}",
    )
    yield "the floor", f"{floor['seconds']:.0f}", f"{floor['cpu_seconds']:.0f}", "", ""
