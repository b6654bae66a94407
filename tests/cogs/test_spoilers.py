"""What makes a clip a spoiler; ``test_spoilers_flow.py`` looks at what is shown of one."""

from types import SimpleNamespace

import discord
import pytest

from bot.domain.jobs import JobState
from cogs.common.media import is_spoiler
from tests.cogs.conftest import buttons_of
from tests.storage.rows import put


async def pressed(stage, who, message, label):
    return await who.click(message, custom_id=buttons_of(message)[label])


@pytest.mark.parametrize(
    ("names", "setting", "expected"),
    [
        (("clip.mp4", "style.png"), False, False),
        (("SPOILER_clip.mp4", "style.png"), False, True),
        (("clip.mp4", "SPOILER_style.png"), False, True),
        (("clip.mp4", "style.png"), True, True),
    ],
)
async def test_a_spoiler_is_what_a_person_or_the_server_makes_one(
    stage, clip, picture, names, setting, expected
):
    await stage.set(spoiler_outputs=setting)
    files = {"video": (names[0], clip), "reference": (names[1], picture)}
    job = await stage.job(await stage.restyle(clip, **files))
    assert job.spoiler is expected


async def test_what_is_made_of_a_spoiler_again_is_one(stage, clip):
    job = await stage.finished(clip, video=("SPOILER_clip.mp4", clip))
    delivered = await stage.deliverer.deliver(job, None)
    await put(stage.store, job.id, JobState.DONE, answer_message_id=delivered.message_id)
    [thread] = stage.channel.threads
    again = await stage.job(await pressed(stage, stage.alice, thread.last_message, "Again"))
    assert again.spoiler


def attachment(name="clip.mp4", flags=0):
    data = {"id": 1, "filename": name, "size": 1, "url": "u", "proxy_url": "u", "flags": flags}
    return discord.Attachment(data=data, state=SimpleNamespace(http=None))


def hidden(**fields):
    return SimpleNamespace(components=[SimpleNamespace(children=[SimpleNamespace(**fields)])])


@pytest.mark.parametrize(
    ("file", "message", "expected"),
    [
        (attachment(), None, False),
        (attachment("SPOILER_clip.mp4"), None, True),
        (attachment(flags=discord.AttachmentFlags(spoiler=True).value), None, True),
        (attachment(), hidden(spoiler=False), False),
        (attachment(), hidden(spoiler=True), True),
        (attachment(), hidden(items=[SimpleNamespace(spoiler=True)]), True),
        (attachment(), hidden(accessory=SimpleNamespace(spoiler=True)), True),
    ],
)
def test_a_file_is_hidden_by_its_name_its_flag_or_what_shows_it(file, message, expected):
    assert is_spoiler(file, message) is expected
