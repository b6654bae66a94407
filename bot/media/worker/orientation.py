"""How the pictures of a file are turned and mirrored to be shown; in the child processes only."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final, NamedTuple, cast

if TYPE_CHECKING:
    from av.buffer import Buffer
    from av.video.frame import VideoFrame

_ONE: Final = 1 << 16  # of a display matrix, whose numbers have 16 bits behind the point

_BYTES: Final = 36

# By the signs of the matrix (a, b, c, d), which takes (x, y) to (ax + cy, bx + dy): degrees
# clockwise, whether it is mirrored left to right before that, and FFmpeg's filters for both.
_KNOWN: Final[dict[tuple[int, ...], tuple[int, bool, tuple[tuple[str, str | None], ...]]]] = {
    (1, 0, 0, 1): (0, False, ()),
    (0, 1, -1, 0): (90, False, (("transpose", "clock"),)),
    (-1, 0, 0, -1): (180, False, (("hflip", None), ("vflip", None))),
    (0, -1, 1, 0): (270, False, (("transpose", "cclock"),)),
    (-1, 0, 0, 1): (0, True, (("hflip", None),)),
    (0, -1, -1, 0): (90, True, (("transpose", "clock_flip"),)),
    (1, 0, 0, -1): (180, True, (("vflip", None),)),
    (0, 1, 1, 0): (270, True, (("transpose", "cclock_flip"),)),
}


class Orientation(NamedTuple):
    """One of the eight ways to show a picture."""

    degrees: int
    """Clockwise: 0, 90, 180 or 270."""
    is_mirrored: bool
    """Left to right, before it is turned."""
    filters: tuple[tuple[str, str | None], ...]
    """What makes a picture upright, as names and options of FFmpeg's filters."""
    is_exact: bool
    """Whether the file asks for just this; else for another angle or size, which players ignore."""

    @property
    def lies_on_side(self) -> bool:
        """Whether width and height change places."""
        return self.degrees in {90, 270}


def orientation_of(frame: VideoFrame) -> Orientation:
    """Return how a frame is shown, by the display matrix that came with it.

    PyAV's own ``frame.rotation`` is not enough: it takes a mirrored picture for a turned one.
    """
    matrix = frame.side_data.get("DISPLAYMATRIX")
    numbers = bytes(cast("Buffer", matrix)) if matrix is not None else b""
    if len(numbers) < _BYTES:
        return _orientation((_ONE, 0, 0, _ONE))
    a, b, _, c, d, *_ = struct.unpack("=9i", numbers[:_BYTES])
    return _orientation((a, b, c, d))


def _orientation(matrix: tuple[int, int, int, int]) -> Orientation:
    a, b, c, d = matrix
    if abs(a) + abs(d) >= abs(b) + abs(c):
        signs: tuple[int, ...] = (-1 if a < 0 else 1, 0, 0, -1 if d < 0 else 1)
    else:
        signs = (0, -1 if b < 0 else 1, -1 if c < 0 else 1, 0)
    degrees, is_mirrored, filters = _KNOWN[signs]
    is_exact = matrix == tuple(sign * _ONE for sign in signs)
    return Orientation(degrees, is_mirrored, filters, is_exact)
