"""One measurement in a process of its own: ``python -m bench.engine.child CORE NAME ARGUMENTS``.

``NAME`` is a function of a module of this folder; it prints what the function returns as JSON. The
working directory is a folder of its own, which goes afterwards.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import logging
import os
import sys


def main() -> None:
    """Run the command line."""
    core, name, arguments = sys.argv[1:]
    if int(core) >= 0:
        os.sched_setaffinity(0, {int(core)})
    logging.basicConfig(level=logging.ERROR)
    module, _, function = name.partition(".")
    run = getattr(importlib.import_module(f"bench.engine.{module}"), function)
    result = asyncio.run(run(**json.loads(arguments)))
    sys.stdout.write(json.dumps(result) + "\n")
    sys.stdout.flush()
    os._exit(0)  # a client with ten thousand coroutines may take long to tidy up


if __name__ == "__main__":
    main()
