"""One measurement in a process of its own: ``python -m bench.engine.child CORE NAME ARGUMENTS``.

``NAME`` is a function of a module of this folder; it prints what the function returns as JSON. With
``_uvloop`` behind it, it runs on that event loop. The working directory is a folder of its own,
which goes afterwards.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import logging
import os
import sys
from typing import Final, NoReturn

UVLOOP: Final = "_uvloop"


def main() -> None:
    """Run the command line."""
    core, name, arguments = sys.argv[1:]
    if int(core) >= 0:
        os.sched_setaffinity(0, {int(core)})
    logging.basicConfig(level=logging.ERROR)
    module, _, function = name.removesuffix(UVLOOP).partition(".")
    run = getattr(importlib.import_module(f"bench.engine.{module}"), function)
    loop = importlib.import_module("uvloop").new_event_loop if name.endswith(UVLOOP) else None
    with asyncio.Runner(loop_factory=loop) as runner:
        result = runner.run(run(**json.loads(arguments)))
        _tell(result)


def _tell(result: object) -> NoReturn:
    sys.stdout.write(json.dumps(result) + "\n")
    sys.stdout.flush()
    os._exit(0)  # a client with ten thousand coroutines may take long to tidy up


if __name__ == "__main__":
    main()
