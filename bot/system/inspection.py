"""What other processes of the same user may see of this one."""

from __future__ import annotations

import ctypes
import sys
from typing import Final

_PR_SET_DUMPABLE: Final = 4


def forbid_inspection() -> bool:
    """Keep others of our user from this process's memory, environment and open files.

    Linux shows them to every process of the same user, and lets it stop us as a debugger does;
    from here on only root may. There is no core dump any more either, which would hold the secrets.

    Returns:
        Whether it is so now: elsewhere than on Linux it is not.

    Source: https://man7.org/linux/man-pages/man2/pr_set_dumpable.2const.html
    """
    if sys.platform != "linux":
        return False
    return int(ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)) == 0
