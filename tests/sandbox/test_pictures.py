"""Taking the pictures of the docs, as far as it needs no browser."""

import io

from PIL import Image

from sandbox.pictures.camera import small_png
from sandbox.pictures.take import take_pictures


async def test_without_a_browser_one_is_told_what_to_install(tmp_path, monkeypatch, capsys):
    monkeypatch.delenv("CHROMIUM", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert await take_pictures([], folder=tmp_path) == 1
    assert "apt-get install chromium" in capsys.readouterr().err


def test_a_picture_too_large_loses_colours_and_not_its_size():
    out = io.BytesIO()
    Image.effect_noise((100, 80), 60).convert("RGB").save(out, format="PNG")
    small = small_png(out.getvalue(), most=6_000)
    assert len(small) <= 6_000
    assert Image.open(io.BytesIO(small)).size == (100, 80)
