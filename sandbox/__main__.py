"""The command line: ``python -m sandbox demo``, ``standin``, ``sample`` or ``pictures``."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

DEFAULT_PROMPT: Final = "a rainy night in Tokyo, neon signs, film grain"
DEFAULT_OUTPUT: Final = Path("demo-output/restyled.mp4")
DOCS_IMAGES: Final = Path("docs/images")
STANDIN_PORT: Final = 8787
EXIT_FAILED: Final = 1
EXIT_STOPPED: Final = 130  # as shells have it for Ctrl-C


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m sandbox", description="Try the bot with no account and no internet."
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    demo = commands.add_parser("demo", help="the real bot in a simulated Discord")
    demo.add_argument("--headless", action="store_true", help="one job in the terminal, no browser")
    demo.add_argument(
        "--video", type=Path, metavar="FILE", help="a clip of your own instead of the sample"
    )
    demo.add_argument("--prompt", metavar="TEXT", help=f'how it should look ("{DEFAULT_PROMPT}")')
    demo.add_argument(
        "--output",
        type=Path,
        default=DEFAULT_OUTPUT,
        metavar="FILE",
        help="where --headless writes the restyled clip (%(default)s)",
    )
    demo.add_argument("--port", type=int, default=0, help="of the page; 0 takes any free one")
    demo.add_argument("--no-browser", action="store_true", help="only print the page's address")

    standin = commands.add_parser("standin", help="the local CometAPI on its own")
    standin.add_argument("--port", type=int, default=STANDIN_PORT, help="(%(default)s)")
    standin.add_argument(
        "--shape", choices=("A", "B", "C"), default="A", help="form of the task's answers"
    )
    standin.add_argument(
        "--task-seconds", type=float, default=12.0, help="how long a task takes (%(default)s)"
    )
    standin.add_argument("--api-key", help="the only key it takes; any, if left out")
    standin.add_argument(
        "--strict", action="store_true", help="refuse clips by every documented rule, untolerant"
    )

    sample = commands.add_parser("sample", help="write the sample clip")
    sample.add_argument("file", type=Path, metavar="FILE", help="where to, for example sample.mp4")

    pictures = commands.add_parser("pictures", help="take the pictures in docs/images")
    pictures.add_argument("scenes", nargs="*", metavar="SCENE", help="only these; all by default")
    pictures.add_argument(
        "--to", type=Path, default=DOCS_IMAGES, metavar="FOLDER", help="where they go (%(default)s)"
    )
    return parser


async def _run(arguments: argparse.Namespace) -> int:
    """Run one command; imports are late because each command needs other large libraries."""
    task = asyncio.current_task()
    if task is not None:
        with contextlib.suppress(NotImplementedError):  # Windows has no such signal
            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    match arguments.command:
        case "demo" if arguments.headless:
            from sandbox.demo.headless import run_headless

            return await run_headless(
                video=arguments.video,
                prompt=arguments.prompt or DEFAULT_PROMPT,
                output=arguments.output,
            )
        case "demo":
            from sandbox.demo.page import run_page

            return await run_page(
                video=arguments.video,
                prompt=arguments.prompt,
                port=arguments.port,
                opens_browser=not arguments.no_browser,
            )
        case "standin":
            from sandbox.cometapi import serve

            await serve(
                arguments.port,
                shape=arguments.shape,
                task_seconds=arguments.task_seconds,
                api_key=arguments.api_key,
                strict=arguments.strict,
            )
        case "sample":
            from sandbox.sample import sample_clip

            await asyncio.to_thread(sample_clip, arguments.file)
            print(f"Written: {arguments.file}")
        case "pictures":
            from sandbox.pictures.take import take_pictures

            return await take_pictures(arguments.scenes, folder=arguments.to)
    return 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit code."""
    try:
        return asyncio.run(_run(_parser().parse_args(arguments)))
    except (KeyboardInterrupt, asyncio.CancelledError):
        print("\nStopped.")
        return EXIT_STOPPED
    except OSError as exc:
        sys.stderr.write(f"{exc}\n")
        return EXIT_FAILED


if __name__ == "__main__":
    sys.exit(main())
