"""A video, encoded anew into fewer bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.media.worker.clip import look, write_fitting

if TYPE_CHECKING:
    from collections.abc import Mapping


def run(arguments: Mapping[str, Any]) -> None:
    """Make ``target`` from ``source``, of at most ``max_bytes``."""
    clip = look(arguments["source"])
    write_fitting(
        arguments["target"],
        lambda size_step: clip.pictures(
            size_step.width, size_step.height, max_fps=size_step.max_fps
        ),
        size=(clip.width, clip.height),
        fps=clip.fps,
        seconds=clip.seconds,
        is_bt709=clip.is_bt709,
        max_bytes=arguments["max_bytes"],
        sound=clip,
    )
