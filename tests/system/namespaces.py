"""Whether this machine lets a test mount a disk of its own."""

from __future__ import annotations

import subprocess
from functools import cache


@cache
def has_namespaces() -> bool:
    """Tell whether ``unshare -rm`` gives a shell in which a small disk can be mounted."""
    done = subprocess.run(
        ["/usr/bin/env", "unshare", "-rm", "mount", "-t", "tmpfs", "none", "/mnt"],
        check=False,
        capture_output=True,
    )
    return done.returncode == 0
