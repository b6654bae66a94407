"""The least that anybody would do for a clip: one download, one pass over its pictures, one upload.

``python -m bench.engine.floor ARGUMENTS`` does it in a plain process: no bot, no database, no
sandbox, no second look. The pass uses the libraries of FFmpeg that PyAV brings, as the bot does, so
what differs is what the bot adds. It trusts what it reads, which no program on a server should.
"""

from __future__ import annotations

import gc
import http.client
import json
import sys
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import av
from av.filter import Graph
from av.video.format import VideoFormat

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from av.container import InputContainer, OutputContainer

_THREADS: Final = 2  # as the bot's processes
_CHUNK: Final = 256 * 1024
_SOUND_BITS: Final = 128_000
_BOUNDARY: Final = "floor"
_STILL: Final = (400, 225)  # pixels of each of the six frames of a before/after picture


def fetch(url: str, path: Path) -> Path:
    """Download a file."""
    address = urlsplit(url)
    line = http.client.HTTPConnection(address.netloc)
    line.request("GET", f"{address.path}?{address.query}")
    answer = line.getresponse()
    with path.open("wb") as file:
        while chunk := answer.read(_CHUNK):
            file.write(chunk)
    line.close()
    if answer.status != http.client.OK:
        raise RuntimeError(f"{url}: {answer.status}")
    return path


def post(url: str, token: str, files: Sequence[Path]) -> None:
    """Post a message with files, as Discord takes it."""
    head = 'Content-Disposition: form-data; name="payload_json"\r\n\r\n{}'
    parts = [f"--{_BOUNDARY}\r\n{head}\r\n".encode()]
    for number, path in enumerate(files):
        name = f'name="files[{number}]"; filename="{path.name}"'
        head = f"Content-Disposition: form-data; {name}\r\nContent-Type: video/mp4\r\n\r\n"
        parts += [f"--{_BOUNDARY}\r\n{head}".encode(), path.read_bytes(), b"\r\n"]
    parts.append(f"--{_BOUNDARY}--\r\n".encode())
    address = urlsplit(url)
    line = http.client.HTTPConnection(address.netloc)
    headers = {
        "Authorization": f"Bot {token}",
        "Content-Type": f"multipart/form-data; boundary={_BOUNDARY}",
    }
    line.request("POST", address.path, b"".join(parts), headers)
    answer = line.getresponse()
    answer.read()
    line.close()
    if answer.status != http.client.OK:
        raise RuntimeError(f"{url}: {answer.status}")


def decode(path: Path) -> None:
    """Decode all pictures, as ``ffmpeg -i CLIP -f null -`` does to see that they are whole."""
    with av.open(str(path)) as clip:
        for _ in _frames(clip):
            pass


def encode(
    path: Path, target: Path, *, width: int, height: int, fps: float, max_bits: int, filters: str
) -> None:
    """Encode the pictures in one pass, and copy the sound.

    ``filters`` is a chain as FFmpeg takes it; what comes out of it has the size named.
    """
    with av.open(str(path)) as clip, av.open(
        str(target), "w", options={"movflags": "+faststart"}
    ) as out:  # fmt: skip
        source = clip.streams.video[0]
        graph = Graph()
        begin = graph.add_buffer(template=source, time_base=source.time_base)
        steps = [step.partition("=") for step in filters.split(",")]
        nodes = [graph.add(name, options or None) for name, _, options in steps]
        graph.link_nodes(begin, *nodes, graph.add("buffersink")).configure()
        bits = str(max_bits)
        options = {"preset": "veryfast", "crf": "20", "maxrate": bits, "bufsize": bits}
        rate = Fraction(fps).limit_denominator(1001)
        video = out.add_stream("libx264", rate=rate, options=options)
        video.codec_context.thread_count = _THREADS
        video.width, video.height, video.pix_fmt = width, height, "yuv420p"
        sound = _copied_sound(clip, out)
        for frame in _frames(clip):
            graph.push(frame)
            for ready in _pull(graph):
                ready.pict_type = 0
                out.mux(video.encode(ready))
        out.mux(video.encode(None))
        _mux_sound(path, out, sound)


def join(source: Path, output: Path, target: Path) -> None:
    """Put the source's sound beside the output's pictures; neither is encoded."""
    with av.open(str(source)) as heard, av.open(str(output)) as seen, av.open(
        str(target), "w", options={"movflags": "+faststart"}
    ) as out:  # fmt: skip
        video = out.add_stream_from_template(seen.streams.video[0])
        sound = _copied_sound(heard, out)
        for packet in seen.demux(video=0):
            if packet.dts is not None:
                packet.stream = video
                out.mux(packet)
        _mux_sound(source, out, sound)


def draw(source: Path, output: Path, target: Path) -> None:
    """Draw three frames of the output below what the source showed then."""
    graph = Graph()
    width, height = _STILL
    begin = graph.add_buffer(
        width=width, height=height, format=VideoFormat("rgb24"), time_base=Fraction(1, 1)
    )
    end = graph.add("buffersink")
    graph.link_nodes(begin, graph.add("tile", "3x2"), end).configure()
    number = 0
    for path in (source, output):
        with av.open(str(path)) as clip:
            length = clip.duration or 0
            for moment in (0, length // 2, length - length // 50):
                clip.seek(moment)
                frame = next(_frames(clip)).reformat(width=width, height=height, format="rgb24")
                frame.pts, frame.time_base = number, Fraction(1, 1)
                graph.push(frame)
                number += 1
    graph.push(None)
    sheet = next(_pull(graph))
    with av.open(str(target), "w", format="image2") as out:
        picture = out.add_stream("png")
        picture.width, picture.height, picture.pix_fmt = sheet.width, sheet.height, "rgb24"
        out.mux(picture.encode(sheet))
        out.mux(picture.encode(None))


def _frames(clip: InputContainer) -> Iterator[av.VideoFrame]:
    context = clip.streams.video[0].codec_context
    if not context.is_open:
        context.thread_count = _THREADS
    return clip.decode(video=0)


def _pull(graph: Graph) -> Iterator[Any]:
    while True:
        try:
            yield graph.vpull()
        except (av.BlockingIOError, av.EOFError):
            return


def _copied_sound(clip: InputContainer, out: OutputContainer) -> Any:  # noqa: ANN401 - PyAV's
    return out.add_stream_from_template(clip.streams.audio[0]) if clip.streams.audio else None


def _mux_sound(path: Path, out: OutputContainer, track: Any) -> None:  # noqa: ANN401 - PyAV's
    if track is None:
        return
    with av.open(str(path)) as clip:
        for packet in clip.demux(audio=0):
            if packet.dts is not None:
                packet.stream = track
                out.mux(packet)


def request(folder: Path, *, clip: str, way: str, to: str, token: str, **encoding: Any) -> None:  # noqa: ANN401 - JSON
    """Do what comes before the paid request: have the clip, make it fit, post what is sent."""
    source = fetch(clip, folder / "source.mp4")
    sent = source
    if way == "encode":
        sent = folder / "sent.mp4"
        encode(source, sent, **encoding)
    else:
        decode(source)
    post(to, token, [sent])


def answer(folder: Path, *, source: str, output: str, to: str, token: str) -> None:
    """Do what comes after the provider's end: have the video, add sound and picture, post them.

    ``source`` is what was sent, which lies in the folder still.
    """
    made = fetch(output, folder / "output.mp4")
    heard = folder / source
    join(heard, made, folder / "sounding.mp4")
    draw(heard, made, folder / "picture.png")
    post(to, token, [folder / "sounding.mp4", folder / "picture.png"])


def main() -> None:
    """Run the command line."""
    gc.freeze()
    gc.set_threshold(10, 1, 1)  # PyAV's frames wait for the collector, and are large
    name, arguments = sys.argv[1:]
    half = request if name == "request" else answer
    half(Path.cwd(), **json.loads(arguments))


if __name__ == "__main__":
    main()
