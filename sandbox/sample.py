"""Make the sample clips: a small scene to restyle, and a tiny one for tests.

Both are drawn here, so that nothing has to be downloaded or kept in the repository.
"""

from __future__ import annotations

import math
import random
from fractions import Fraction
from typing import TYPE_CHECKING, Final

import av
from PIL import Image, ImageDraw, ImageFilter

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

WIDTH: Final = 640
HEIGHT: Final = 360
FPS: Final = 24
SECONDS: Final = 4
_FINE: Final = 2  # drawn so much larger, then made smaller: smooth edges
_W: Final = WIDTH * _FINE
_H: Final = HEIGHT * _FINE
_HORIZON: Final = round(_H * 0.62)

Color = tuple[int, int, int]


def sample_clip(path: Path) -> None:
    """Write a sunset over a bay, with a sailing boat, a lighthouse, clouds and gulls.

    MP4 (H.264), 640x360, 24 fps, 4 s, no sound, under 500 kB; the same at every call.
    """
    encode(_scene(), path, fps=FPS, crf=24)


def slowed_clip(source: Path, target: Path, *, times: int) -> None:
    """Write a clip that is so many ``times`` as long, and as much slower; nothing is encoded.

    Raises:
        av.FFmpegError: The pictures cannot be read, or not be put into an MP4 as they are.
    """
    with av.open(str(source)) as given, av.open(str(target), "w") as made:
        pictures = given.streams.video[0]
        stream = made.add_stream_from_template(pictures)
        for packet in given.demux(pictures):
            if packet.dts is None or packet.pts is None:  # the end
                continue
            packet.dts, packet.pts = packet.dts * times, packet.pts * times
            packet.duration = (packet.duration or 0) * times
            packet.stream = stream
            made.mux(packet)


def tiny_clip(path: Path) -> None:
    """Write a test card of 64x48 pixels, 10 fps and 2 s, for tests that need any video."""
    encode(_test_card(), path, fps=10, crf=28)


def _test_card() -> Iterator[Image.Image]:
    graph = av.filter.Graph()
    source = graph.add("testsrc2", "size=64x48:rate=10:duration=2")
    sink = graph.add("buffersink")
    source.link_to(sink)
    graph.configure()
    while True:
        try:
            yield graph.vpull().to_image()  # type: ignore[no-untyped-call]  # in PyAV
        except av.EOFError:
            return


def encode(pictures: Iterable[Image.Image], path: Path, *, fps: int, crf: int) -> None:
    """Write pictures of one size as an MP4 (H.264, yuv420p, index in front).

    Args:
        pictures: At least one, of even width and height.
        path: Where to.
        fps: Pictures per second.
        crf: 0 (lossless) to 51 (worst).
    """
    options = {"movflags": "+faststart"}
    with av.open(str(path), "w", format="mp4", options=options) as container:
        stream = None
        for index, picture in enumerate(pictures):
            if stream is None:
                stream = container.add_stream(
                    "libx264",
                    rate=fps,
                    options={"crf": str(crf), "preset": "medium", "threads": "2"},
                )
                stream.width, stream.height = picture.size
                stream.pix_fmt = "yuv420p"
            frame = av.VideoFrame.from_image(picture)  # type: ignore[no-untyped-call]  # in PyAV
            frame.pts, frame.time_base = index, Fraction(1, fps)
            container.mux(stream.encode(frame))
        if stream is None:
            raise ValueError("no pictures")
        container.mux(stream.encode())


def _gradient(size: tuple[int, int], stops: Sequence[tuple[float, Color]]) -> Image.Image:
    column = Image.new("RGB", (1, size[1]))
    for y in range(size[1]):
        share = y / max(size[1] - 1, 1)
        upper = max((stop for stop in stops if stop[0] <= share), key=lambda stop: stop[0])
        lower = min((stop for stop in stops if stop[0] >= share), key=lambda stop: stop[0])
        span = lower[0] - upper[0]
        mix = (share - upper[0]) / span if span else 0
        red, green, blue = (
            round(a + (b - a) * mix) for a, b in zip(upper[1], lower[1], strict=True)
        )
        column.putpixel((0, y), (red, green, blue))
    return column.resize(size)


def _ridge(
    rng: random.Random, width: int, height: float, rough: float
) -> list[tuple[float, float]]:
    waves = [(rng.uniform(0.6, 1.4) * 2**k, rng.uniform(0, math.tau)) for k in range(5)]
    points = []
    for x in range(0, width + 8, 8):
        y = sum(
            math.sin(x / width * math.tau * frequency + phase) / (1 + index) ** (2 - rough)
            for index, (frequency, phase) in enumerate(waves)
        )
        points.append((float(x), _HORIZON - height * (0.75 + 0.35 * y)))
    return points


def _hills(
    rng: random.Random, color: Color, *, height: float, rough: float, trees: bool
) -> Image.Image:
    """Draw one row of hills, wider than the picture so that it can move."""
    width = round(_W * 1.15)
    layer = Image.new("RGBA", (width, _HORIZON))
    draw = ImageDraw.Draw(layer)
    points = _ridge(rng, width, height, rough)
    draw.polygon([(0, _HORIZON), *points, (width, _HORIZON)], fill=(*color, 255))
    if trees:
        for x, y in points[::2]:
            tall, wide = rng.uniform(14, 34), rng.uniform(5, 9)
            left = x + rng.uniform(-6, 6)
            draw.polygon(
                [(left - wide, y + 6), (left, y - tall), (left + wide, y + 6)], fill=(*color, 255)
            )
    return layer


def _clouds(rng: random.Random) -> Image.Image:
    # Clear, but in the clouds' own colour: blurring mixes it in at the edges.
    layer = Image.new("RGBA", (round(_W * 1.4), round(_H * 0.5)), (255, 190, 165, 0))
    draw = ImageDraw.Draw(layer)
    for _ in range(7):
        x, y = rng.uniform(0, layer.width), rng.uniform(_H * 0.06, _H * 0.36)
        for _ in range(9):
            dx, dy = rng.gauss(0, 80), rng.gauss(0, 9)
            wide, tall = rng.uniform(50, 120), rng.uniform(10, 26)
            tone = round(rng.uniform(0, 1) * 40)
            draw.ellipse(
                (x + dx - wide, y + dy - tall, x + dx + wide, y + dy + tall),
                fill=(255, 205 - tone, 178 - tone, 150),
            )
    return layer.filter(ImageFilter.GaussianBlur(9))


def _glow(color: Color, rings: Sequence[tuple[int, int]], *, core: int) -> Image.Image:
    """Draw a light: rings of (radius, opacity), blurred, and a sharp core of this radius."""
    middle = rings[0][0] * 1.6
    light = Image.new("RGBA", (round(middle * 2), round(middle * 2)), (*color, 0))
    draw = ImageDraw.Draw(light)
    for radius, alpha in rings:
        box = (middle - radius, middle - radius, middle + radius, middle + radius)
        draw.ellipse(box, fill=(*color, alpha))
    light = light.filter(ImageFilter.GaussianBlur(rings[0][0] / 6))
    if core:
        box = (middle - core, middle - core, middle + core, middle + core)
        ImageDraw.Draw(light).ellipse(box, fill=(255, 244, 204, 255))
    return light


def _place(frame: Image.Image, light: Image.Image, x: float, y: float) -> None:
    frame.alpha_composite(light, (round(x - light.width / 2), round(y - light.height / 2)))


def _lighthouse() -> Image.Image:
    layer = Image.new("RGBA", (_W, _H))
    draw = ImageDraw.Draw(layer)
    x, base, top = _W * 0.84, _HORIZON + 34, _HORIZON - 262
    rock = [
        (x + dx, base + dy)
        for dx, dy in (
            (-170, 26), (-120, -12), (-62, -40), (44, -44), (116, -18), (250, -6), (260, 40),
            (-150, 44),
        )
    ]  # fmt: skip
    draw.polygon(rock, fill=(58, 45, 62, 255))
    draw.polygon([rock[2], rock[3], (x + 10, base + 2), (x - 50, base - 8)], fill=(92, 70, 82, 255))
    for band in range(7):
        high, low = (base - 40 + (top - base + 40) * k / 7 for k in (band + 1, band))
        wide_low, wide_high = (40 - 20 * k / 7 for k in (band, band + 1))
        color = (214, 62, 54) if band % 2 else (250, 240, 226)
        draw.polygon(
            [
                (x - wide_low, low),
                (x - wide_high, high),
                (x + wide_high, high),
                (x + wide_low, low),
            ],
            fill=(*color, 255),
        )
        shade = tuple(round(part * 0.72) for part in color)
        draw.polygon(
            [(x + wide_low * 0.25, low), (x + wide_high * 0.25, high), (x + wide_high, high),
             (x + wide_low, low)],
            fill=(*shade, 255),
        )  # fmt: skip
    draw.rectangle((x - 28, top - 8, x + 28, top), fill=(48, 42, 60, 255))
    draw.rectangle((x - 15, top - 40, x + 15, top - 8), fill=(255, 236, 150, 255))
    draw.polygon([(x - 24, top - 40), (x, top - 66), (x + 24, top - 40)], fill=(170, 44, 44, 255))
    for y in (base - 90, base - 170):
        draw.rectangle((x - 6, y - 14, x + 6, y + 6), fill=(60, 50, 70, 255))
    return layer


def _boat(draw: ImageDraw.ImageDraw, x: float, y: float, tilt: float, *, mirrored: bool) -> None:
    sign = -0.75 if mirrored else 1
    cos, sin = math.cos(tilt), math.sin(tilt)

    def place(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
        return [(x + px * cos - py * sin, y + sign * (px * sin + py * cos)) for px, py in points]

    def tone(color: Color) -> tuple[int, int, int, int]:
        return (*color, 90 if mirrored else 255)

    draw.polygon(place([(-104, -26), (112, -32), (78, 10), (-80, 10)]), fill=tone((122, 58, 38)))
    draw.polygon(
        place([(-104, -26), (112, -32), (106, -23), (-100, -17)]), fill=tone((244, 226, 196))
    )
    draw.polygon(place([(-3, -30), (3, -30), (3, -226), (-3, -226)]), fill=tone((70, 46, 36)))
    draw.polygon(place([(-9, -44), (-9, -216), (-92, -48)]), fill=tone((255, 250, 238)))
    draw.polygon(place([(-9, -44), (-9, -216), (-36, -47)]), fill=tone((232, 214, 206)))
    draw.polygon(place([(9, -48), (7, -206), (98, -52)]), fill=tone((226, 72, 58)))
    draw.polygon(place([(3, -226), (3, -248), (-34, -237)]), fill=tone((46, 120, 180)))


def _glints(draw: ImageDraw.ImageDraw, rng: random.Random, sun_x: float, seconds: float) -> None:
    """Draw the light on the water: under the sun bright, elsewhere faint."""
    for index in range(46):
        share = (index + rng.random()) / 46
        y = _HORIZON + 4 + share**1.5 * (_H - _HORIZON - 8)
        drift = math.sin(seconds * rng.uniform(1.2, 2.6) + rng.uniform(0, math.tau))
        wide = (26 + 90 * share) * (0.6 + 0.4 * drift)
        x = sun_x + drift * 24 * (0.3 + share) + rng.gauss(0, 10 + 24 * share)
        tall = 1.5 + 4 * share
        draw.ellipse((x - wide, y - tall, x + wide, y + tall), fill=(255, 226, 160, 150))
    for _ in range(70):
        share = rng.random()
        y = _HORIZON + 6 + share**1.3 * (_H - _HORIZON - 8)
        x = (rng.random() * 1.2 * _W + seconds * (12 + 40 * share)) % (1.2 * _W) - 0.1 * _W
        wide = 10 + 46 * share * (0.6 + 0.4 * math.sin(seconds * 2 + rng.uniform(0, math.tau)))
        tone = (255, 190, 168, 70) if rng.random() < 0.5 else (38, 52, 104, 80)
        draw.ellipse((x - wide, y - 1 - 2 * share, x + wide, y + 1 + 2 * share), fill=tone)


def _gulls(draw: ImageDraw.ImageDraw, seconds: float) -> None:
    for index, (x, y, scale) in enumerate(((0.16, 0.2, 1.0), (0.24, 0.15, 0.75), (0.1, 0.28, 0.6))):
        cx = _W * (x + 0.05 * seconds)
        cy = _H * (y + 0.012 * math.sin(seconds * 1.7 + index))
        flap = math.sin(seconds * 9 + index * 2) * 16 * scale
        span = 34 * scale
        draw.line(
            [(cx - span, cy - flap), (cx - span * 0.4, cy - 8 * scale - flap * 0.4), (cx, cy),
             (cx + span * 0.4, cy - 8 * scale - flap * 0.4), (cx + span, cy - flap)],
            fill=(44, 34, 58, 255), width=max(2, round(6 * scale)), joint="curve",
        )  # fmt: skip


def _scene() -> Iterator[Image.Image]:
    rng = random.Random(20)  # noqa: S311 - a picture, not a secret; the same at every call
    sky = _gradient(
        (_W, _HORIZON),
        ((0, (44, 62, 128)), (0.35, (120, 92, 158)), (0.7, (240, 136, 110)), (1, (255, 206, 132))),
    )
    water = _gradient(
        (_W, _H - _HORIZON), ((0, (226, 138, 120)), (0.3, (128, 92, 142)), (1, (30, 44, 92)))
    )
    clouds = _clouds(rng)
    far = _hills(rng, (150, 104, 146), height=150, rough=0.25, trees=False)
    middle = _hills(rng, (98, 70, 118), height=84, rough=0.5, trees=False)
    near = _hills(rng, (54, 52, 84), height=36, rough=0.7, trees=True)
    lighthouse = _lighthouse()
    sun = _glow((255, 214, 130), ((220, 46), (150, 70), (100, 100)), core=62)
    lamp = _glow((255, 240, 170), ((60, 110), (34, 190)), core=0)
    for index in range(SECONDS * FPS):
        seconds = index / FPS
        frame = Image.new("RGBA", (_W, _H))
        frame.paste(sky, (0, 0))
        sun_x = _W * 0.42
        _place(frame, sun, sun_x, _H * (0.36 + 0.022 * seconds))
        for layer, speed in ((clouds, 26), (far, 5), (middle, 11), (near, 20)):
            left = round(seconds * speed)
            frame.alpha_composite(layer, source=(left, 0, _W + left, layer.height))
        frame.paste(water, (0, _HORIZON))
        overlay = Image.new("RGBA", frame.size)
        draw = ImageDraw.Draw(overlay)
        _glints(draw, random.Random(7), sun_x, seconds)  # noqa: S311 - the same glints move on
        _gulls(draw, seconds)
        frame.alpha_composite(overlay)
        frame.alpha_composite(lighthouse)
        if math.sin(seconds * 4) > 0:
            _place(frame, lamp, _W * 0.84, _HORIZON - 286)
        front = Image.new("RGBA", frame.size)
        draw = ImageDraw.Draw(front)
        x = _W * (0.16 + 0.085 * seconds)
        y = _HORIZON + 108 + 7 * math.sin(seconds * 2.4)
        tilt = 0.05 * math.sin(seconds * 1.9)
        _boat(draw, x, y + 18, tilt, mirrored=True)
        _boat(draw, x, y, tilt, mirrored=False)
        frame.alpha_composite(front)
        yield frame.convert("RGB").reduce(_FINE)
