"""The style image: real pictures, read and converted."""

import io
import struct
import zlib

import pytest
from PIL import Image, ImageCms
from PIL.PngImagePlugin import PngInfo

from bot.errors import MediaUnreadableError, UnreadableReason
from bot.media.process_pool import ProcessPool
from bot.media.reference import (
    MAX_SIDE,
    Change,
    convert_reference,
    find_changes,
    read_reference,
    refuse_reference,
)
from bot.requests.validation import MAX_REFERENCE_BYTES, Rule
from bot.texts.refusal import refusal
from tests.media.direct import DirectWorkshop

RED, BLUE = (200, 30, 30), (20, 20, 200)


@pytest.fixture
def process_pool():
    return DirectWorkshop()


def picture(width=64, height=48):
    """Red, with a blue upper left corner."""
    image = Image.new("RGB", (width, height), RED)
    image.paste(BLUE, (0, 0, width // 2, height // 2))
    return image


def turned(orientation):
    """Store the picture so that, with this EXIF orientation, it is shown as it was."""
    undo = {
        1: None,
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }[orientation]
    image = picture()
    exif = Image.Exif()
    exif[0x0112] = orientation
    return (image.transpose(undo) if undo is not None else image), exif


def is_near(one, other):
    return all(abs(a - b) < 40 for a, b in zip(one, other, strict=True))


async def reason_for(process_pool, path):
    with pytest.raises(MediaUnreadableError) as caught:
        await read_reference(process_pool, path)
    return caught.value.reason


@pytest.mark.parametrize(("form", "name"), [("JPEG", "jpeg"), ("PNG", "png"), ("WEBP", "webp")])
async def test_what_the_provider_takes_goes_as_it_is(process_pool, tmp_path, form, name):
    picture().save(tmp_path / "a.bin", form)
    facts = await read_reference(process_pool, tmp_path / "a.bin", served_as=f"image/{name}")
    assert (facts.format, facts.width, facts.height) == (name, 64, 48)
    assert facts.why == ()
    assert not facts.needs_converting


async def test_a_process_of_its_own_does_the_same(tmp_path):
    process_pool = ProcessPool()
    image, exif = turned(6)
    image.save(tmp_path / "a.jpg", exif=exif)
    facts = await read_reference(process_pool, tmp_path / "a.jpg")
    assert (facts.width, facts.height) == (64, 48)
    assert await convert_reference(process_pool, tmp_path / "a.jpg", tmp_path / "b") == "jpeg"
    made = await read_reference(process_pool, tmp_path / "b")
    assert (made.format, made.size_bytes) == ("jpeg", (tmp_path / "b").stat().st_size)


@pytest.mark.parametrize("orientation", [2, 3, 4, 5, 6, 7, 8])
async def test_however_a_camera_was_held_the_copy_is_upright(process_pool, tmp_path, orientation):
    image, exif = turned(orientation)
    image.save(tmp_path / "a.jpg", exif=exif, quality=95)
    facts = await read_reference(process_pool, tmp_path / "a.jpg")
    assert (facts.width, facts.height, facts.why) == (64, 48, (Change.TURNED, Change.EXTRAS))
    await convert_reference(process_pool, tmp_path / "a.jpg", tmp_path / "b")
    with Image.open(tmp_path / "b") as copy:
        assert copy.size == (64, 48)
        assert is_near(copy.getpixel((8, 8)), BLUE)
        assert is_near(copy.getpixel((56, 8)), RED)
        assert is_near(copy.getpixel((8, 40)), RED)
        assert not copy.getexif()


@pytest.mark.parametrize("form", ["PNG", "WEBP"])
async def test_turned_pictures_of_other_formats_are_seen(process_pool, tmp_path, form):
    image, exif = turned(6)
    image.save(tmp_path / "a", form, exif=exif)
    facts = await read_reference(process_pool, tmp_path / "a")
    assert (facts.width, facts.height, facts.why) == (64, 48, (Change.TURNED, Change.EXTRAS))


@pytest.mark.parametrize("form", ["GIF", "BMP", "AVIF"])
async def test_other_formats_are_converted(process_pool, tmp_path, form):
    picture().save(tmp_path / "a", form)
    facts = await read_reference(process_pool, tmp_path / "a")
    assert facts.why == (Change.FORMAT,)
    form = await convert_reference(process_pool, tmp_path / "a", tmp_path / "b")
    made = await read_reference(process_pool, tmp_path / "b")
    assert (made.format, made.why) == (form, ())


async def test_colours_for_print_become_those_of_a_screen(process_pool, tmp_path):
    picture().convert("CMYK").save(tmp_path / "a.jpg")
    assert (await read_reference(process_pool, tmp_path / "a.jpg")).why == (Change.COLOURS,)
    await convert_reference(process_pool, tmp_path / "a.jpg", tmp_path / "b")
    with Image.open(tmp_path / "b") as copy:
        assert copy.mode == "RGB"
        assert is_near(copy.getpixel((60, 40)), RED)


async def test_sixteen_bits_are_not_clipped(process_pool, tmp_path):
    Image.new("I;16", (64, 48), 30000).save(tmp_path / "a.png")
    assert (await read_reference(process_pool, tmp_path / "a.png")).why == (Change.COLOURS,)
    await convert_reference(process_pool, tmp_path / "a.png", tmp_path / "b")
    with Image.open(tmp_path / "b") as copy:
        assert copy.convert("L").getpixel((5, 5)) == pytest.approx(117, abs=3)


async def test_transparency_survives(process_pool, tmp_path):
    image = picture().convert("RGBA")
    image.putalpha(100)
    image.save(tmp_path / "a", "AVIF")
    assert await convert_reference(process_pool, tmp_path / "a", tmp_path / "b") == "png"
    with Image.open(tmp_path / "b") as copy:
        assert copy.getpixel((5, 5))[3] == pytest.approx(100, abs=3)


async def test_many_pixels_become_fewer(process_pool, tmp_path):
    Image.new("RGB", (6000, 300), RED).save(tmp_path / "a.jpg")
    assert (await read_reference(process_pool, tmp_path / "a.jpg")).why == (Change.TOO_LARGE,)
    await convert_reference(process_pool, tmp_path / "a.jpg", tmp_path / "b")
    made = await read_reference(process_pool, tmp_path / "b")
    assert (made.width, made.height) == (MAX_SIDE, pytest.approx(205, abs=1))


async def test_the_copy_keeps_to_its_bytes(process_pool, tmp_path):
    noise = Image.effect_noise((300, 300), 90).convert("RGBA")
    noise.putalpha(200)
    noise.save(tmp_path / "a.png")
    await convert_reference(process_pool, tmp_path / "a.png", tmp_path / "b", max_bytes=20_000)
    made = await read_reference(process_pool, tmp_path / "b")
    assert made.size_bytes == (tmp_path / "b").stat().st_size <= 20_000
    assert made.width < 300


async def test_a_picture_under_a_false_name_is_noticed(process_pool, tmp_path):
    picture().save(tmp_path / "a.png", "JPEG")
    facts = await read_reference(process_pool, tmp_path / "a.png", served_as="image/png")
    assert facts.why == (Change.SERVED_AS,)


@pytest.mark.parametrize("form", ["GIF", "WEBP", "PNG"])
async def test_what_moves_is_refused(process_pool, tmp_path, form):
    picture().save(
        tmp_path / "a", form, save_all=True, append_images=[Image.new("RGB", (64, 48), BLUE)]
    )
    assert await reason_for(process_pool, tmp_path / "a") is UnreadableReason.ANIMATED


async def test_a_picture_with_a_smaller_one_behind_it_does_not_move(process_pool, tmp_path):
    picture().save(tmp_path / "a.jpg", "MPO", save_all=True, append_images=[picture(32, 24)])
    facts = await read_reference(process_pool, tmp_path / "a.jpg")
    assert (facts.format, facts.why) == ("jpeg", (Change.EXTRAS,))


async def test_a_small_file_of_a_huge_picture_is_refused_unread(process_pool, tmp_path):
    def chunk(kind, data):
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    (tmp_path / "a.png").write_bytes(
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(bytes(100_000)))
        + chunk(b"IEND", b"")
    )
    assert await reason_for(process_pool, tmp_path / "a.png") is UnreadableReason.TOO_COMPLEX


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
async def test_a_cut_off_picture_is_refused(process_pool, tmp_path, form):
    buffer = io.BytesIO()
    Image.effect_noise((200, 200), 80).convert("RGB").save(buffer, form)
    (tmp_path / "a").write_bytes(buffer.getvalue()[: buffer.tell() // 2])
    assert await reason_for(process_pool, tmp_path / "a") is UnreadableReason.DAMAGED


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", UnreadableReason.EMPTY),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", UnreadableReason.NOT_IMAGE),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n", UnreadableReason.NOT_IMAGE),
        (bytes(5000), UnreadableReason.NOT_IMAGE),
        (b"\0\0\0\x20ftypisom\0\0\2\0isomiso2avc1mp41" + bytes(5000), UnreadableReason.NOT_IMAGE),
    ],
)
async def test_what_is_no_picture_is_refused(process_pool, tmp_path, data, reason):
    (tmp_path / "a.png").write_bytes(data)
    assert await reason_for(process_pool, tmp_path / "a.png") is reason


@pytest.mark.parametrize(
    ("reason", "rule"),
    [
        (UnreadableReason.ANIMATED, Rule.REFERENCE_ANIMATED),
        (UnreadableReason.TOO_COMPLEX, Rule.REFERENCE_TOO_COMPLEX),
        (UnreadableReason.NOT_IMAGE, Rule.REFERENCE_NOT_AN_IMAGE),
        (UnreadableReason.DAMAGED, Rule.REFERENCE_UNREADABLE),
        (UnreadableReason.EMPTY, Rule.REFERENCE_UNREADABLE),
    ],
)
def test_each_refusal_says_what_to_attach(reason, rule):
    found = refuse_reference(MediaUnreadableError("", reason=reason))
    assert found.rule is rule
    assert "Attach" in refusal(found)


def test_a_picture_that_is_too_big_for_the_provider_is_converted():
    changes = find_changes(
        "png",
        longer_side=1000,
        size_bytes=MAX_REFERENCE_BYTES + 1,
        is_upright=True,
        has_plain_colours=True,
        served_as="image/png; charset=binary",
    )
    assert changes == (Change.TOO_BIG,)


PLACE = b"Unter den Linden 77"
XMP = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-'
    b'syntax-ns#"><rdf:Description xmlns:tiff="http://ns.adobe.com/tiff/1.0/" '
    b'tiff:Orientation="6">' + PLACE + b"</rdf:Description></rdf:RDF></x:xmpmeta>"
)


def noted():
    """Return EXIF with a place, and nothing about how the picture is turned."""
    exif = Image.Exif()
    exif[0x010E] = PLACE.decode()
    exif[0x0110] = "iPhone 15 Pro"
    return exif


def profile():
    """Return a profile of colours that names somebody's screen."""
    made = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    return bytes(made) + PLACE


def texts():
    info = PngInfo()
    info.add_text("Location", PLACE.decode())
    return info


NOTED = {
    "jpeg-exif": ("JPEG", lambda: {"exif": noted()}),
    "jpeg-xmp": ("JPEG", lambda: {"xmp": XMP}),
    "jpeg-comment": ("JPEG", lambda: {"comment": PLACE}),
    "jpeg-profile": ("JPEG", lambda: {"icc_profile": profile()}),
    "jpeg-progressive-exif": ("JPEG", lambda: {"exif": noted(), "progressive": True}),
    "png-exif": ("PNG", lambda: {"exif": noted()}),
    "png-text": ("PNG", lambda: {"pnginfo": texts()}),
    "png-profile": ("PNG", lambda: {"icc_profile": profile()}),
    "webp-exif": ("WEBP", lambda: {"exif": noted()}),
    "webp-xmp": ("WEBP", lambda: {"xmp": XMP}),
    "webp-profile": ("WEBP", lambda: {"icc_profile": profile(), "lossless": True}),
}


@pytest.mark.parametrize("name", NOTED)
async def test_what_is_noted_beside_a_picture_stays_behind(process_pool, tmp_path, name):
    form, options = NOTED[name]
    picture().save(tmp_path / "a", form, **options())
    assert PLACE in (tmp_path / "a").read_bytes() or b"iCCP" in (tmp_path / "a").read_bytes()
    assert Change.EXTRAS in (await read_reference(process_pool, tmp_path / "a")).why
    await convert_reference(process_pool, tmp_path / "a", tmp_path / "b")
    assert PLACE not in (tmp_path / "b").read_bytes()
    assert (await read_reference(process_pool, tmp_path / "b")).why == ()


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
async def test_what_lies_behind_the_end_of_a_picture_stays_behind(process_pool, tmp_path, form):
    picture().save(tmp_path / "a", form)
    (tmp_path / "a").write_bytes((tmp_path / "a").read_bytes() + PLACE)
    assert (await read_reference(process_pool, tmp_path / "a")).why == (Change.EXTRAS,)
    await convert_reference(process_pool, tmp_path / "a", tmp_path / "b")
    assert PLACE not in (tmp_path / "b").read_bytes()


async def test_colours_by_a_profile_look_the_same_without_it(process_pool, tmp_path):
    lab = ImageCms.createProfile("sRGB")
    picture().save(tmp_path / "a.jpg", icc_profile=ImageCms.ImageCmsProfile(lab).tobytes())
    await convert_reference(process_pool, tmp_path / "a.jpg", tmp_path / "b")
    with Image.open(tmp_path / "b") as copy:
        assert "icc_profile" not in copy.info
        assert is_near(copy.getpixel((8, 8)), BLUE)
        assert is_near(copy.getpixel((56, 40)), RED)
