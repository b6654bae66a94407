"""Small clips in which every moment and every corner can be told, and ways to read them again."""

import math
import struct
from fractions import Fraction

import av
from PIL import Image

RATE = 48_000


def colour(number, fps):
    """Return the colour of a frame: it gets redder with each tenth of a second."""
    return (min(20 + round(number / fps * 10) * 10, 240), 60, 120)


def make_scene(
    path,
    *,
    seconds=1.0,
    fps=10,
    width=160,
    height=90,
    codec="libx264",
    form=None,
    sound=False,
    tone=440.0,
    sound_codec="aac",
    sound_bits=None,
    black_seconds=0.0,
    noise=False,
    corner=None,
):
    """Write a clip whose red tells the time, black at first if wanted, noise if wanted."""
    with av.open(str(path), "w", format=form) as out:
        stream = out.add_stream(codec, rate=fps)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.codec_context.gop_size = fps
        if codec == "libx264":
            stream.options = {"crf": "14" if noise else "20", "preset": "ultrafast"}
        heard = out.add_stream(sound_codec, rate=RATE) if sound else None
        if heard is not None and sound_bits:
            heard.codec_context.bit_rate = sound_bits
        for number in range(round(seconds * fps)):
            if noise:
                image = Image.effect_noise((width, height), 100).convert("RGB")
            else:
                image = Image.new("RGB", (width, height), colour(number, fps))
            if number / fps < black_seconds:
                image = Image.new("RGB", (width, height), (4, 4, 4))
            if corner:
                image.paste(corner, (0, 0, width // 4, height // 4))
            frame = av.VideoFrame.from_image(image)
            frame.pts, frame.time_base = number, Fraction(1, fps)
            out.mux(stream.encode(frame))
        out.mux(stream.encode())
        if heard is not None:
            for packet in _tone(heard, seconds, tone):
                out.mux(packet)
    return path


def _tone(stream, seconds, tone):
    """Encode a sine that starts after half of the time; silence before."""
    for start in range(0, round(seconds * RATE), 960):
        frame = av.AudioFrame("fltp", "mono", 960)
        values = [
            0.5 * math.sin(math.tau * tone * at / RATE) if at >= seconds * RATE / 2 else 0.0
            for at in range(start, start + 960)
        ]
        frame.planes[0].update(struct.pack("<960f", *values))
        frame.rate, frame.pts = RATE, start
        resampled = av.AudioResampler("fltp", "stereo", RATE).resample(frame)
        for part in resampled:
            yield from stream.encode(part)
    yield from stream.encode()


def read_images(path):
    """Return (seconds, picture) of every frame."""
    with av.open(str(path)) as video:
        return [(frame.time, frame.to_image()) for frame in video.decode(video=0)]


def loud_from(path):
    """Return when the sound of a file begins to be heard, in seconds; ``None`` if never."""
    with av.open(str(path)) as video:
        for frame in video.decode(audio=0):
            samples = memoryview(bytes(frame.planes[0])).cast("f")[: frame.samples]
            for number, value in enumerate(samples):
                if abs(value) > 0.2:
                    return frame.time + number / frame.sample_rate
    return None


def is_encoded(path):
    """Tell whether our encoder wrote the pictures: it notes its limits in them, tests set none."""
    return b" vbv_maxrate=" in path.read_bytes()


def index_is_in_front(path):
    data = path.read_bytes()
    return 0 < data.find(b"moov") < data.find(b"mdat")
