"""Tiny real clips and pictures, made by PyAV when a test needs them."""

from fractions import Fraction

import av
from av.video.frame import VideoFrame


def paint(width, height, number):
    """Make a frame whose brightness tells its number."""
    frame = VideoFrame(width, height, "yuv420p")
    for plane, value in zip(frame.planes, (40 + number % 200, 90, 160), strict=True):
        plane.update(bytes([value]) * plane.buffer_size)
    return frame


def make_clip(
    path,
    *,
    seconds=1.0,
    fps=10,
    width=64,
    height=48,
    codec="libx264",
    audio=False,
    video=True,
    form=None,
    times=None,
    key_every=10,
    options=None,
):
    """Write a clip; ``times`` (in milliseconds) makes the rate variable."""
    with av.open(str(path), "w", format=form, options=options or {}) as out:
        picture = sound = None
        if video:
            picture = out.add_stream(codec, rate=fps)
            picture.width, picture.height = width, height
            picture.pix_fmt = "yuv420p"
            picture.codec_context.gop_size = key_every
            picture.codec_context.time_base = Fraction(1, 1000) if times else Fraction(1, fps)
        if audio:
            sound = out.add_stream("aac" if form != "webm" else "libopus", rate=48000)
        if picture:
            moments = times or range(round(seconds * fps))
            for number, moment in enumerate(moments):
                frame = paint(width, height, number)
                frame.pts, frame.time_base = moment, picture.codec_context.time_base
                out.mux(picture.encode(frame))
            out.mux(picture.encode())
        if sound:
            for number in range(round(seconds * 48000 / 960)):
                frame = av.AudioFrame("fltp", "stereo", 960)
                for plane in frame.planes:
                    plane.update(bytes(plane.buffer_size))
                frame.rate, frame.pts = 48000, number * 960
                out.mux(sound.encode(frame))
            out.mux(sound.encode())
    return path


def make_gif(path, *, frames):
    with av.open(str(path), "w", format="gif") as out:
        stream = out.add_stream("gif", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "rgb8"
        for number in range(frames):
            frame = paint(64, 48, number * 30).reformat(format="rgb8")
            frame.pts = number
            out.mux(stream.encode(frame))
        out.mux(stream.encode())
    return path


def make_image(path, *, codec="png", pix_fmt="rgb24", width=64, height=48):
    """Write one picture, its bytes alone."""
    context = av.CodecContext.create(codec, "w")
    context.width, context.height, context.pix_fmt = width, height, pix_fmt
    context.time_base = Fraction(1, 1)
    frame = paint(width, height, 50).reformat(format=pix_fmt)
    frame.pts = 0
    packets = [*context.encode(frame), *context.encode(None)]
    path.write_bytes(b"".join(bytes(packet) for packet in packets))
    return path


def make_audio(path, form):
    codec, layout = {"wav": ("pcm_s16le", "s16"), "mp3": ("libmp3lame", "s16p")}[form]
    with av.open(str(path), "w", format=form) as out:
        stream = out.add_stream(codec, rate=48000, layout="stereo")
        for number in range(20):
            frame = av.AudioFrame(layout, "stereo", 1152)
            for plane in frame.planes:
                plane.update(bytes(plane.buffer_size))
            frame.rate, frame.pts = 48000, number * 1152
            out.mux(stream.encode(frame))
        out.mux(stream.encode())
    return path


def make_stills(path, *, width, height, frames):
    """Write a Matroska file that shows one JPEG again and again, marked as one long scene."""
    with av.open(str(path), "w", format="matroska") as out:
        stream = out.add_stream("mjpeg", rate=10)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuvj420p"
        frame = paint(width, height, 50).reformat(format="yuvj420p")
        frame.pts = 0
        (packet,) = [*stream.encode(frame), *stream.encode()]
        data, time_base = bytes(packet), packet.time_base
        for number in range(frames):
            packet = av.Packet(data)
            packet.pts = packet.dts = round(number / 10 / time_base)
            packet.stream, packet.time_base = stream, time_base
            packet.is_keyframe = number == 0
            out.mux(packet)
    return path
