"""The garbage collector, kept from holding up the event loop."""

from __future__ import annotations

import gc


def freeze_startup_objects() -> None:
    """Collect garbage once; from then on leave out everything that is alive now.

    Call it once all is imported and open. The modules of the program and of what it is built on
    are some hundred thousand objects that never become garbage. Python looks through all of them
    every few seconds while jobs are polled, and the event loop stands still for as long: 70 ms
    (docs/benchmarks.md).

    Source: https://docs.python.org/3/library/gc.html#gc.freeze
    """
    gc.collect()
    gc.freeze()
