"""Make the outputs, in threads that stop when the stand-in does."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING

from sandbox.looks import choose_look
from sandbox.restyle import restyle
from sandbox.standin.specs import strip_markers

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from sandbox.standin.rules import Rules
    from sandbox.standin.tasks import Task


class Renders:
    """Starts the making of outputs and ends it.

    Args:
        pool: Where the work is done.
        restyles: ``False`` hands the source back as the output.
    """

    def __init__(self, *, pool: Executor, restyles: bool) -> None:
        self._pool = pool
        self._restyles = restyles
        self._is_stopping = threading.Event()
        self._running: set[asyncio.Task[None]] = set()

    def start(self, task: Task, rules: Rules) -> asyncio.Task[None]:
        """Begin with a task's output; its failure is the returned task's."""
        render = asyncio.create_task(self._render(task, rules))
        self._running.add(render)
        render.add_done_callback(self._running.discard)
        return render

    async def stop(self) -> None:
        """Give up what is not finished, and wait for that."""
        self._is_stopping.set()
        await asyncio.gather(*self._running, return_exceptions=True)

    async def _render(self, task: Task, rules: Rules) -> None:
        run = asyncio.get_running_loop().run_in_executor
        source = task.folder / "source"
        if not self._restyles:
            await run(self._pool, source.rename, task.output_path)
            return
        seed = task.created.body.get("seed")
        prompt = strip_markers(task.created.body.get("promptText", ""))
        await run(
            self._pool,
            lambda: restyle(
                source,
                task.output_path,
                look=choose_look(prompt, seed),
                seed=seed,
                max_seconds=rules.used_seconds,
                max_lines=rules.output_lines,
                is_stopping=lambda: self._is_stopping.is_set() or task.is_deleted,
            ),
        )
