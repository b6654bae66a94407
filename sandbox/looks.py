"""The looks: what a restyled clip looks like, as graphs of FFmpeg's filters, and their choice.

A graph is written as FFmpeg writes it (``[in]…[out]``, links in brackets, chains by semicolons).
Textures (paper, dots) are sources of a single picture: FFmpeg repeats the last one for ever, so
they cost nothing per frame. Blending is done in planar RGB: in YUV it would tint the picture.
"""

from __future__ import annotations

import hashlib
import random
import re
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One look.

    Attributes:
        words: Beginnings of words in a prompt that ask for it.
        graph: The filters; fields in braces are filled in by :meth:`describe`.
    """

    name: str
    words: tuple[str, ...]
    graph: str

    def describe(self, *, width: int, height: int, seed: int) -> str:
        """Return the graph for a picture of this size in pixels; the seed moves the grain."""
        rng = random.Random(seed)  # noqa: S311 - grain, not a secret
        return self.graph.format(
            w=width,
            h=height,
            w2=max(width // 2, 2),  # the slow filters work on a quarter of the picture
            h2=max(height // 2, 2),
            glow=max(height / 40, 1.5),  # blurs, in pixels
            soft=max(height / 300, 0.5),
            brush2=max(height // 240, 1),
            stroke=max(height / 60, 1.5),
            push=max(height / 900, 0.1),
            flake=max(height / 200, 0.8),
            edge=max(height // 28, 2),
            cell=max(height // 45, 2),
            dot=max(height // 52, 4),
            shift=max(height // 90, 1),
            grid=max(height // 9, 8),
            seed=rng.randrange(1, 100_000),
            hue=rng.uniform(-14, 14),  # degrees
        )


LOOKS: Final[tuple[Look, ...]] = (
    Look(
        name="noir",
        words=("noir", "black and white", "black-and-white", "monochrom", "detective", "film noir",
               "grayscale", "greyscale", "1940"),
        graph=(
            "[in]format=gray,curves=all='0/0 0.2/0.03 0.48/0.4 0.75/0.88 1/1',format=gray,"
            "unsharp=7:7:0.8,format=gray,format=gbrp,split[sharp][rest];"
            "[rest]gblur=sigma={glow}[blur];"
            "[sharp][blur]blend=all_mode=screen:all_opacity=0.3,"
            "noise=alls=16:allf=t+u:all_seed={seed},format=yuv420p,vignette=angle=0.72[out]"
        ),
    ),
    Look(
        name="neon",
        words=("neon", "cyberpunk", "tron", "blade runner", "laser", "glowing", "tokyo", "disco",
               "nightclub"),
        graph=(
            "[in]format=gbrp,split[lines][dark];"
            "[lines]gblur=sigma={soft},sobel=scale=2.2,curves=all='0/0 0.12/0 0.5/0.8 1/1',"
            "hue=s=2.6:h={hue},format=gbrp,split=3[edge][far][near];"
            "[far]gblur=sigma={glow}[halo];[near]gblur=sigma=2[shine];"
            "[dark]colorchannelmixer=rr=.10:rg=.02:rb=.05:gr=0:gg=.07:gb=.03:br=.12:bg=.08:bb=.24"
            "[base];[base][halo]blend=all_mode=addition[a];[a][shine]blend=all_mode=screen[b];"
            "[b][edge]blend=all_mode=screen,format=yuv420p,vignette=angle=0.55[out]"
        ),
    ),
    Look(
        name="watercolour",
        words=("watercolo", "aquarel", "paint", "gouache", "pastel", "children's book"),
        graph=(
            "[in]format=gbrp,split[fill][lines];"
            "[fill]scale={w2}:{h2},median=radius={brush2}:percentile=0.6,scale={w}:{h},"
            "hue=s=1.5:h={hue},format=gbrp,"
            "curves=all='0/0.28 0.25/0.58 0.5/0.82 0.8/0.97 1/1'[wash];"
            "[lines]format=gray,gblur=sigma={soft},sobel=scale=1.6,format=gray,negate,"
            "curves=all='0/0.5 0.6/0.8 0.9/0.98 1/1',format=gbrp[ink];"
            "color=c=gray:s={w}x{h}:r=25:d=0.04,format=gray,"
            "noise=alls=100:allf=u:all_seed={seed},format=gray,split=3[fine0][coarse0][ragged0];"
            "[fine0]gblur=sigma=0.9,curves=all='0.3/0.86 0.7/1',format=gbrp[fine];"
            "[coarse0]gblur=sigma={glow},normalize,curves=all='0/0.86 1/1',format=gbrp[coarse];"
            "[ragged0]gblur=sigma={soft},format=gbrp,"
            "drawbox=x=0:y=0:w=iw:h=ih:t={edge}:c=white,gblur=sigma={edge},"
            "curves=all='0/0 0.5/0.02 0.64/0.1 0.76/1 1/1',format=gbrp[border];"
            "[wash][ink]blend=all_mode=multiply[a];[a][coarse]blend=all_mode=multiply[b];"
            "[b][fine]blend=all_mode=multiply[c];[c][border]blend=all_mode=screen,"
            "colorchannelmixer=bb=0.96,format=yuv420p[out]"
        ),
    ),
    Look(
        name="sketch",
        words=("sketch", "pencil", "drawing", "drawn", "charcoal", "graphite", "line art"),
        graph=(
            "[in]format=gray,split[tone][rest];[rest]negate,gblur=sigma={glow}[blur];"
            "[tone][blur]blend=all_mode=dodge,"
            "curves=all='0/0 0.55/0.16 0.86/0.70 0.97/0.97 1/1',format=gbrp[lead];"
            "color=c=0xf1e9d8:s={w}x{h}:r=25:d=0.04,format=gbrp,"
            "noise=alls=24:allf=u:all_seed={seed},gblur=sigma=0.7[paper];"
            "[lead][paper]blend=all_mode=multiply,format=yuv420p[out]"
        ),
    ),
    Look(
        name="comic",
        words=("comic", "cartoon", "pop art", "manga", "anime", "cel shad", "cel-shad", "superhero",
               "graphic novel"),
        graph=(
            "[in]format=gbrp,split[fill][lines];"
            "[fill]scale={w2}:{h2},median=radius={brush2},scale={w}:{h},"
            "hue=s=1.6:h={hue},format=gbrp,"
            "lutrgb=r='trunc((val+32)/64)*63':g='trunc((val+32)/64)*63':b='trunc((val+32)/64)*63'"
            "[flat];[lines]format=gray,gblur=sigma=1,sobel=scale=2.2,negate,"
            "curves=all='0/0 0.4/0.04 0.72/0.95 1/1',format=gbrp[ink];"
            "[flat][ink]blend=all_mode=multiply[inked];"
            "color=c=black:s={w}x{h}:r=25:d=0.04,format=gray,"
            "geq=lum='255*gt(pow(mod(X+Y,{dot})/{dot}-0.5,2)"
            "+pow(mod(X-Y+4096,{dot})/{dot}-0.5,2),0.10)',"
            "curves=all='0/0.66 1/1',format=gbrp,gblur=sigma=0.5[dots];"
            "[inked][dots]blend=all_mode=multiply,curves=all='0/0.02 0.42/0.54 1/1',"
            "format=yuv420p[out]"
        ),
    ),
    Look(
        name="vintage",
        words=("vintage", "sepia", "old film", "old movie", "retro", "silent film", "1920",
               "antique", "super 8", "western"),
        graph=(
            "[in]format=gbrp,gblur=sigma=0.7,"
            "colorchannelmixer=rr=.47:rg=.62:rb=.24:gr=.38:gg=.56:gb=.21:br=.29:bg=.42:bb=.18,"
            "curves=r='0/0.12 0.4/0.56 1/1':g='0/0.08 0.4/0.48 1/0.93':b='0/0.09 0.4/0.38 1/0.74',"
            "noise=alls=18:allf=t+u:all_seed={seed},format=yuv420p,vignette=angle=0.62[out]"
        ),
    ),
    Look(
        name="thermal",
        words=("thermal", "infrared", "heat", "predator", "rainbow", "psychedelic", "acid"),
        graph=(
            "[in]format=gray,gblur=sigma=1.4,normalize=smoothing=20,format=yuv444p,"
            "pseudocolor=preset=inferno,hue=s=1.2,format=yuv420p[out]"
        ),
    ),
    Look(
        name="oil",
        words=("oil", "van gogh", "impressionis", "canvas", "monet", "renaissance", "brush"),
        graph=(
            "[in]format=gbrp[plain];"
            "color=c=gray:s={w}x{h}:r=25:d=0.04,format=gray,"
            "noise=alls=100:allf=u:all_seed={seed},format=gray,"
            "gblur=sigma={stroke}:sigmaV={soft},format=gray,split=3[x][y][grain];"
            "[x]lutyuv=y='clip(128+(val-128)*{push},0,255)',format=gray,format=gbrp[dx];"
            "[y]hflip,lutyuv=y='clip(128+(val-128)*{push},0,255)',format=gray,format=gbrp[dy];"
            "[plain][dx][dy]displace=edge=mirror,"
            "scale={w2}:{h2},median=radius={brush2},scale={w}:{h},"
            "hue=s=1.5:h={hue},format=gbrp,unsharp=7:7:1.2,format=gbrp[paint];"
            "[grain]convolution=0m='-2 -1 0 -1 1 1 0 1 2':0rdiv=1.6,format=gbrp[relief];"
            "[paint][relief]blend=all_mode=overlay:all_opacity=0.85,format=yuv420p[out]"
        ),
    ),
    Look(
        name="pixel",
        words=("pixel", "8-bit", "8 bit", "16-bit", "8bit", "game boy", "video game", "minecraft",
               "lego", "arcade", "mosaic"),
        graph=(
            "[in]format=gbrp,pixelize=w={cell}:h={cell},hue=s=1.5:h={hue},format=gbrp,"
            "lutrgb=r='trunc((val+25)/51)*51':g='trunc((val+25)/51)*51':b='trunc((val+25)/51)*51',"
            "drawgrid=w={cell}:h={cell}:c=black@0.16,format=yuv420p[out]"
        ),
    ),
    Look(
        name="dream",
        words=("dream", "fairy", "ethereal", "ghibli", "magic", "heaven", "romantic",
               "fantasy"),
        graph=(
            "[in]format=gbrp,split[sharp][rest];"
            "[rest]gblur=sigma={glow},curves=all='0/0 0.5/0.36 1/0.9'[blur];"
            "[sharp][blur]blend=all_mode=screen:all_opacity=0.75,"
            "curves=r='0/0.12 0.5/0.58 1/1':g='0/0.08 0.5/0.48 1/0.97':b='0/0.2 0.5/0.58 1/1',"
            "hue=s=1.1:h={hue},format=yuv420p[out]"
        ),
    ),
    Look(
        name="tape",
        words=("vhs", "glitch", "tape", "camcorder", "80s", "90s", "1980", "1990", "analog", "crt"),
        graph=(
            "[in]format=gbrp,rgbashift=rh=-{shift}:bh={shift}:gv=1,gblur=sigma=1.4:sigmaV=0.2,"
            "hue=s=1.4:h={hue},format=gbrp,curves=r='0/0.09 1/0.98':b='0/0.14 1/0.94',"
            "noise=alls=11:allf=t:all_seed={seed},"
            "drawgrid=w=iw+2:x=-1:h=3:t=1:c=black@0.26,format=yuv420p[out]"
        ),
    ),
    Look(
        name="blueprint",
        words=("blueprint", "cyanotype", "technical", "architect", "schematic", "x-ray", "xray"),
        graph=(
            "[in]format=gray,gblur=sigma=0.6,sobel=scale=1.9,"
            "curves=all='0/0 0.1/0.02 0.45/0.75 1/1',format=gbrp,"
            "lutrgb=r='18+val*0.9':g='56+val*0.76':b='126+val*0.5',"
            "drawgrid=w={grid}:h={grid}:t=1:c=white@0.13,noise=alls=7:allf=u:all_seed={seed},"
            "format=yuv420p[out]"
        ),
    ),
    Look(
        name="night",
        words=("night", "moon", "midnight", "horror", "spooky", "storm",
               "underwater", "ocean"),
        graph=(
            "[in]format=gbrp,"
            "colorchannelmixer=rr=.20:rg=.14:rb=.06:gr=.14:gg=.36:gb=.10:br=.22:bg=.38:bb=.46,"
            "curves=all='0/0 0.35/0.24 0.7/0.8 1/1',split[sharp][rest];"
            "[rest]gblur=sigma={glow}[blur];[sharp][blur]blend=all_mode=screen:all_opacity=0.8,"
            "noise=alls=7:allf=t:all_seed={seed},format=yuv420p,vignette=angle=0.7[out]"
        ),
    ),
    Look(
        name="winter",
        words=("winter", "snow", "ice", "icy", "frozen", "frost", "christmas", "arctic"),
        graph=(
            "[in]format=gbrp,hue=s=0.42,format=gbrp,"
            "curves=r='0/0.14 0.5/0.58 1/0.98':g='0/0.20 0.5/0.66 1/1'"
            ":b='0/0.30 0.5/0.78 1/1'[cold];"
            "color=c=black:s={w}x{h}:r=25,format=gray,trim=end_frame=1,"
            "noise=alls=100:allf=u:all_seed={seed},format=gray,"
            "gblur=sigma={flake},format=gray,normalize,"
            "curves=all='0/0 0.6/0 0.78/0.95 1/1',format=gray,loop=loop=-1:size=1,"
            "setpts=N/25/TB,scroll=v=-0.012:h=0.003,format=gbrp[snow];"
            "[cold][snow]blend=all_mode=screen:shortest=1,format=yuv420p[out]"
        ),
    ),
    Look(
        name="gold",
        words=("gold", "sunset", "sunrise", "warm", "summer", "autumn", "desert",
               "dune", "fire"),
        graph=(
            "[in]format=gbrp,split[sharp][rest];[rest]gblur=sigma={glow}[blur];"
            "[sharp][blur]blend=all_mode=softlight:all_opacity=0.8,"
            "colorchannelmixer=rr=1.0:rg=.24:gr=.10:gg=.80:bg=.22:bb=.30,"
            "curves=all='0/0.02 0.5/0.54 1/1',hue=s=1.15,format=yuv420p,vignette=angle=0.6[out]"
        ),
    ),
    Look(
        name="synthwave",
        words=("synthwave", "vaporwave", "vapourwave", "outrun", "miami", "pink", "purple"),
        graph=(
            "[in]format=gray,normalize=smoothing=20,format=gbrp,"
            "curves=r='0/0.07 0.35/0.48 0.6/0.98 1/1'"
            ":g='0/0.02 0.4/0.08 0.65/0.36 0.85/0.78 1/0.98'"
            ":b='0/0.20 0.35/0.50 0.6/0.60 0.8/0.42 1/0.72',split[sharp][rest];"
            "[rest]gblur=sigma={glow}[blur];[sharp][blur]blend=all_mode=screen:all_opacity=0.4,"
            "rgbashift=rh=-{shift}:bh={shift},drawgrid=w=iw+2:x=-1:h=4:t=1:c=black@0.2,"
            "format=yuv420p[out]"
        ),
    ),
)  # fmt: skip
_BY_NAME: Final = {look.name: look for look in LOOKS}


def look_named(name: str) -> Look:
    """Return a look by its name.

    Raises:
        KeyError: There is none.
    """
    return _BY_NAME[name]


def choose_look(prompt: str, seed: int | None = None) -> Look:
    """Return the look that most words of the prompt ask for; of equals, the one named first.

    Without such words it is one of all, always the same for the same prompt and seed.
    """
    text = prompt.casefold()
    asked: dict[str, list[int]] = {}
    for look in LOOKS:
        for word in look.words:
            if match := re.search(rf"\b{re.escape(word)}", text):
                asked.setdefault(look.name, []).append(match.start())
    if asked:
        return _BY_NAME[min(asked, key=lambda name: (-len(asked[name]), min(asked[name])))]
    digest = hashlib.sha256(f"{text.strip()}\0{seed}".encode()).digest()
    return LOOKS[int.from_bytes(digest[:4]) % len(LOOKS)]
