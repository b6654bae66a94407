"""The archive as the bot uses it, in a folder and in a bucket."""

import asyncio
import os
from datetime import timedelta
from pathlib import Path

import pytest
from aiohttp import web

from bot.archive.address import read_archive_url
from bot.archive.archive import SWEEP_SECONDS, Archive, keep_expiring, open_archive
from bot.archive.backends.bucket import PIECE_BYTES, BucketBackend
from bot.archive.backends.folder import FolderBackend
from bot.errors import ArchiveError
from tests.archive.bucket_server import KEY_ID, SECRET
from tests.archive.conftest import PUBLIC_URL
from tests.engine.clocks import settle, until

MP4 = "video/mp4"


class FolderSide:
    """What lies in the archive, seen from where it lies."""

    def __init__(self, folder):
        self.folder = folder
        self.archive_url = str(folder)

    def contents(self):
        return {path.name: path.read_bytes() for path in self.folder.iterdir()}

    def put(self, name, body, at):
        path = self.folder / name
        path.write_bytes(body)
        self.age(name, at)

    def age(self, name, at):
        os.utime(self.folder / name, (at.timestamp(), at.timestamp()))


class BucketSide:
    def __init__(self, server):
        self.server = server
        self.archive_url = server.archive_url("/made")

    def contents(self):
        return {
            key.removeprefix("made/"): stored.body for key, stored in self.server.objects.items()
        }

    def put(self, name, body, at):
        self.server.now = at
        self.server._put(f"made/{name}", body, {})

    def age(self, name, at):
        self.server.objects[f"made/{name}"].modified_at = at


@pytest.fixture(params=["folder", "bucket"])
def side(request, tmp_path, bucket):
    return FolderSide(tmp_path / "archive") if request.param == "folder" else BucketSide(bucket)


@pytest.fixture
async def archive(side, settings_for):
    async with open_archive(settings_for(side.archive_url, archive_days=3)) as archive:
        yield archive


async def test_without_a_setting_there_is_none(settings_for):
    async with open_archive(settings_for("")) as archive:
        assert archive is None


async def test_a_kept_file_lies_under_its_link(archive, side, clip):
    name = archive.name(5, "restyled", content_type=MP4)
    link = await archive.keep(clip, name=name, content_type=MP4)
    assert link == f"{PUBLIC_URL}/{name}"
    assert archive.name_of(link) == name
    assert side.contents() == {name: clip.read_bytes()}
    assert clip.exists()


async def test_a_web_server_reads_what_lies_in_the_folder_whatever_the_umask(tmp_path):
    before = os.umask(0o077)
    try:
        path = tmp_path / "clip.mp4"
        path.write_bytes(b"clip")
        folder = tmp_path / "public"
        backend = FolderBackend(folder)
        await backend.check()
        await backend.put(path, "1-answer-0123.mp4", "video/mp4")
    finally:
        os.umask(before)
    assert folder.stat().st_mode & 0o777 == 0o755
    assert (folder / "1-answer-0123.mp4").stat().st_mode & 0o777 == 0o644


async def test_keeping_again_after_a_crash_gives_the_same_link_and_one_file(
    archive, side, clip, settings_for
):
    name = archive.name(5, "restyled", content_type=MP4)
    before = await archive.keep(clip, name=name, content_type=MP4)
    async with open_archive(settings_for(side.archive_url)) as another_process:
        name = another_process.name(5, "restyled", content_type=MP4)
        assert await another_process.keep(clip, name=name, content_type=MP4) == before
    assert len(side.contents()) == 1


async def test_many_at_once_keep_the_same_file(archive, side, clip):
    name = archive.name(5, "restyled", content_type=MP4)
    links = await asyncio.gather(
        *(archive.keep(clip, name=name, content_type=MP4) for _ in range(4))
    )
    assert len(set(links)) == 1
    assert side.contents() == {name: clip.read_bytes()}


async def test_a_removed_file_is_gone_and_removing_it_again_does_no_harm(archive, side, clip):
    name = archive.name(5, "restyled", content_type=MP4)
    link = await archive.keep(clip, name=name, content_type=MP4)
    await archive.remove(archive.name_of(link))
    await archive.remove(archive.name_of(link))
    assert side.contents() == {}


async def test_a_link_to_anywhere_else_names_no_file_of_ours(archive):
    name = archive.name(1, "restyled", content_type=MP4)
    assert archive.name_of(f"{PUBLIC_URL}/{name}") == name
    assert archive.name_of(f"https://elsewhere.example/{name}") is None
    assert archive.name_of(f"{PUBLIC_URL}/deeper/{name}") is None


async def test_only_what_is_too_old_and_ours_is_swept_up(archive, side, clip, clock):
    old, young = (archive.name(job, "restyled", content_type=MP4) for job in (1, 2))
    for name in (old, young):
        await archive.keep(clip, name=name, content_type=MP4)
    side.age(old, clock.now() - timedelta(days=3, seconds=1))
    side.age(young, clock.now() - timedelta(days=2, hours=23))
    side.put("index.html", b"mine", clock.now() - timedelta(days=99))
    assert await archive.expire(clock.now()) == 1
    assert set(side.contents()) == {young, "index.html"}
    assert await archive.expire(clock.now()) == 0


async def test_two_processes_sweep_at_once(archive, side, clip, clock):
    for job in range(5):
        name = archive.name(job, "restyled", content_type=MP4)
        await archive.keep(clip, name=name, content_type=MP4)
        side.age(name, clock.now() - timedelta(days=4))
    await asyncio.gather(archive.expire(clock.now()), archive.expire(clock.now()))
    assert side.contents() == {}


async def test_with_zero_days_everything_stays(side, settings_for, clip, clock):
    async with open_archive(settings_for(side.archive_url)) as archive:
        name = archive.name(5, "restyled", content_type=MP4)
        await archive.keep(clip, name=name, content_type=MP4)
        side.age(name, clock.now() - timedelta(days=9999))
        assert archive.lasts is None
        assert await archive.expire(clock.now()) == 0
    assert len(side.contents()) == 1


@pytest.mark.parametrize(
    "name",
    [
        "../clip.mp4",
        "5-restyled.mp4",
        "/etc/passwd",
        "",
        "5-a-" + "0" * 32 + ".mp4/../x",
        "a\n.mp4",
    ],
)
async def test_a_name_that_is_none_of_ours_is_not_touched(archive, clip, name):
    with pytest.raises(ValueError, match="not a name"):
        await archive.keep(clip, name=name, content_type=MP4)
    with pytest.raises(ValueError, match="not a name"):
        await archive.remove(name)
    assert archive.name_of(f"{PUBLIC_URL}/{name}") is None
    assert archive.name_of(f"https://elsewhere.example/{name}") is None


async def test_names_cannot_be_guessed_from_the_job_or_from_each_other(settings_for, tmp_path):
    def tokens(archive):
        names = [archive.name(job, part, content_type=MP4) for job in (5, 6) for part in ("a", "b")]
        return {name.split("-")[2] for name in names}

    url = str(tmp_path / "archive")
    async with (
        open_archive(settings_for(url)) as ours,
        open_archive(settings_for(url, discord_token="another-bot")) as other,
    ):
        assert len(tokens(ours) | tokens(other)) == 8
        assert all(len(token) == len("0" * 32 + ".mp4") for token in tokens(ours))


# Folders


async def test_a_copy_that_breaks_off_leaves_the_old_file_and_nothing_else(
    settings_for, clip, tmp_path
):
    folder = tmp_path / "archive"
    async with open_archive(settings_for(str(folder))) as archive:
        name = archive.name(5, "restyled", content_type=MP4)
        await archive.keep(clip, name=name, content_type=MP4)
        with pytest.raises(ArchiveError) as caught:
            # The memory of a process opens like a file, and its first byte cannot be read.
            await archive.keep(Path("/proc/self/mem"), name=name, content_type=MP4)
    assert caught.value.retryable is True
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == {name: clip.read_bytes()}


async def test_who_watches_a_file_is_not_disturbed_when_it_is_kept_again(
    settings_for, clip, tmp_path
):
    async with open_archive(settings_for(str(tmp_path / "archive"))) as archive:
        name = archive.name(5, "restyled", content_type=MP4)
        await archive.keep(clip, name=name, content_type=MP4)
        whole = clip.read_bytes()
        with (tmp_path / "archive" / name).open("rb") as watched:
            clip.write_bytes(b"another")
            await archive.keep(clip, name=name, content_type=MP4)
            assert watched.read() == whole


async def test_what_a_dead_process_left_half_copied_goes_at_start(settings_for, tmp_path):
    folder = tmp_path / "archive"
    folder.mkdir()
    dead, living = (folder / f".5-a-0.mp4.{digit * 16}.part" for digit in "ab")
    for path in (dead, living, folder / ".htaccess"):
        path.touch()
    for path in (dead, folder / ".htaccess"):
        os.utime(path, (1, 1))
    async with open_archive(settings_for(str(folder))):
        assert {path.name for path in folder.iterdir()} == {living.name, ".htaccess"}


async def test_a_link_in_the_folder_is_somebody_elses(settings_for, tmp_path, clip, clock):
    async with open_archive(settings_for(str(tmp_path / "archive"), archive_days=3)) as archive:
        name = archive.name(1, "restyled", content_type=MP4)
        os.utime(clip, (0, 0))
        (tmp_path / "archive" / name).symlink_to(clip)
        assert await archive.expire(clock.now()) == 0
        assert (tmp_path / "archive" / name).is_symlink()


async def test_a_folder_that_cannot_be_written_to_stops_the_start(settings_for, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(ArchiveError, match="give the bot's user a folder of its own"):
        async with open_archive(settings_for(str(tmp_path / "file" / "archive"))):
            pass


# Buckets


@pytest.fixture
async def in_bucket(bucket, settings_for):
    async with open_archive(settings_for(bucket.archive_url(), archive_days=3)) as archive:
        yield archive


async def test_a_large_file_goes_up_in_pieces(in_bucket, bucket, tmp_path):
    big = tmp_path / "big"
    big.write_bytes(os.urandom(2 * PIECE_BYTES + 1))
    name = in_bucket.name(5, "restyled", content_type=MP4)
    await in_bucket.keep(big, name=name, content_type=MP4)
    assert bucket.objects[name].body == big.read_bytes()
    assert bucket.objects[name].headers["Content-Type"] == MP4
    assert bucket.largest_body == PIECE_BYTES


async def test_browsers_are_told_what_it_is_and_shared_caches_keep_nothing(in_bucket, bucket, clip):
    name = in_bucket.name(5, "poster", content_type="image/png")
    await in_bucket.keep(clip, name=name, content_type="image/png")
    assert name.endswith(".png")
    assert bucket.objects[name].headers["Content-Type"] == "image/png"
    assert bucket.objects[name].headers["Cache-Control"].startswith("private")


async def test_an_upload_that_breaks_off_leaves_nothing(in_bucket, bucket, tmp_path):
    big = tmp_path / "big"
    big.write_bytes(bytes(PIECE_BYTES + 1))

    async def refuse(request):
        return web.Response(status=403) if "partNumber=2" in request.raw_path else None

    bucket.refuse = refuse
    with pytest.raises(ArchiveError):
        await in_bucket.keep(
            big, name=in_bucket.name(5, "restyled", content_type=MP4), content_type=MP4
        )
    assert (bucket.objects, bucket.uploads) == ({}, {})


@pytest.mark.parametrize(
    ("status", "retryable"), [(401, False), (403, False), (404, False), (503, True)]
)
async def test_an_error_says_whether_trying_again_may_help(
    in_bucket, bucket, clip, status, retryable
):
    async def refuse(request):
        return web.Response(status=status)

    bucket.refuse = refuse
    with pytest.raises(ArchiveError) as caught:
        await in_bucket.keep(
            clip, name=in_bucket.name(5, "restyled", content_type=MP4), content_type=MP4
        )
    assert caught.value.retryable is retryable


async def test_removing_works_where_a_store_says_that_there_is_no_such_file(in_bucket, bucket):
    async def refuse(request):
        return web.Response(status=404)

    bucket.refuse = refuse
    await in_bucket.remove(in_bucket.name(5, "restyled", content_type=MP4))
    assert bucket.requests[-1].startswith("DELETE")


async def test_a_hiccup_of_the_store_is_not_even_noticed(in_bucket, bucket, clip):
    answers = [web.Response(status=503), web.Response(status=500)]

    async def refuse(request):
        return answers.pop() if answers else None

    bucket.refuse = refuse
    name = in_bucket.name(5, "restyled", content_type=MP4)
    await in_bucket.keep(clip, name=name, content_type=MP4)
    assert name in bucket.objects


@pytest.mark.parametrize(("name", "secret"), [("clips", "wrong"), ("none", SECRET)])
async def test_a_wrong_key_or_bucket_stops_the_start(bucket, settings_for, name, secret):
    url = bucket.archive_url().replace("clips", name)
    with pytest.raises(ArchiveError, match="check the bucket and the access key"):
        async with open_archive(settings_for(url, aws_secret_access_key=secret)):
            pass


async def test_a_store_that_is_away_does_not_stop_the_start(bucket, settings_for, caplog):
    async def refuse(request):
        return web.Response(status=503)

    bucket.refuse = refuse
    async with open_archive(settings_for(bucket.archive_url())) as archive:
        assert archive is not None
    assert "no lasting link" in caplog.text


async def test_an_upload_that_stalls_is_given_up(bucket, settings_for, clip):
    over = asyncio.Event()

    async def stall(request):
        await over.wait()

    backend = BucketBackend(
        read_archive_url(bucket.archive_url()), access_key_id=KEY_ID, secret_access_key=SECRET
    )
    archive = Archive(backend, public_url=PUBLIC_URL, key=b"key", keep_seconds=0.05)
    bucket.refuse = stall
    name = archive.name(5, "restyled", content_type=MP4)
    with pytest.raises(ArchiveError, match="longer than") as caught:
        await archive.keep(clip, name=name, content_type=MP4)
    over.set()
    assert caught.value.retryable is True


async def test_temporary_credentials_bring_their_token_and_the_region(bucket, settings_for):
    seen = []

    async def look(request):
        seen.append(request.headers)

    bucket.refuse = look
    url = bucket.archive_url(region="eu-central-1")
    async with open_archive(settings_for(url, aws_session_token="passing-token")):
        assert {headers["x-amz-security-token"] for headers in seen} == {"passing-token"}
        assert all("/eu-central-1/s3/" in headers["Authorization"] for headers in seen)


async def test_what_the_environment_says_of_other_stores_is_not_listened_to(
    bucket, settings_for, monkeypatch
):
    for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_BUCKET", "another")
    monkeypatch.setenv("AWS_VIRTUAL_HOSTED_STYLE_REQUEST", "true")
    async with open_archive(settings_for(bucket.archive_url("/in/here"))):
        assert bucket.requests[0] == "PUT /clips/in/here/restyle-check.txt"


async def test_a_bucket_may_be_part_of_the_hosts_name(bucket, settings_for, monkeypatch):
    # A proxy sees the names of hosts without having to resolve them.
    monkeypatch.setenv("HTTP_PROXY", bucket.url)
    seen = set()

    async def refuse(request):
        seen.add(request.raw_path)
        return web.Response(headers={"ETag": "1"})

    bucket.refuse = refuse
    url = "s3://clips?endpoint=http://store:9000&addressing=virtual"
    async with open_archive(settings_for(url)):
        assert seen == {"http://clips.store:9000/restyle-check.txt"}


async def test_a_bucket_with_many_pages_is_swept_up_whole(in_bucket, bucket, clock):
    bucket.page = 2
    for job in range(5):
        name = in_bucket.name(job, "restyled", content_type=MP4)
        bucket.now = clock.now() - timedelta(days=4)
        bucket._put(name, b"old", {})
    assert await in_bucket.expire(clock.now()) == 5
    assert bucket.objects == {}


async def test_one_file_that_may_not_be_removed_keeps_no_other(in_bucket, bucket, clock):
    names = [in_bucket.name(job, "restyled", content_type=MP4) for job in range(3)]
    for name in names:
        bucket.now = clock.now() - timedelta(days=4)
        bucket._put(name, b"old", {})

    async def refuse(request):
        return web.Response(status=403) if request.path.endswith(names[0]) else None

    bucket.refuse = refuse
    with pytest.raises(ArchiveError, match="1 of the files"):
        await in_bucket.expire(clock.now())
    assert set(bucket.objects) == {names[0]}


async def test_a_store_in_trouble_is_not_asked_again_for_every_old_file(clock):
    asked = []

    class Troubled:
        async def names_before(self, moment):
            return [archive.name(job, "restyled", content_type=MP4) for job in range(100)]

        async def delete(self, name):
            asked.append(name)
            raise ArchiveError("busy", retryable=True)

    archive = Archive(Troubled(), public_url=PUBLIC_URL, key=b"key", days=1)
    with pytest.raises(ArchiveError, match="busy"):
        await archive.expire(clock.now())
    assert len(asked) == 1


async def test_sweeping_goes_on_after_a_surprise(clock, caplog):
    class Broken:
        asked = 0

        async def names_before(self, moment):
            self.asked += 1
            raise RuntimeError("a bug")

    backend = Broken()
    chore = asyncio.create_task(
        keep_expiring(Archive(backend, public_url=PUBLIC_URL, key=b"key", days=1), clock)
    )
    await settle()
    clock.advance(SWEEP_SECONDS)
    await settle()
    assert backend.asked == 2
    assert "a bug" in caplog.text
    chore.cancel()


async def test_sweeping_goes_on_after_any_trouble(in_bucket, bucket, clock):
    async def refuse(request):
        return web.Response(status=403)

    chore = asyncio.create_task(keep_expiring(in_bucket, clock))
    try:
        await until(lambda: clock.next_at is not None)
        name = in_bucket.name(5, "restyled", content_type=MP4)
        bucket._put(name, b"old", {})
        bucket.now = clock.now()
        bucket.objects[name].modified_at = clock.now() - timedelta(days=4)
        bucket.refuse = refuse
        asked = len(bucket.requests)
        clock.advance(SWEEP_SECONDS)
        await until(lambda: len(bucket.requests) > asked and clock.next_at is not None)
        assert name in bucket.objects
        bucket.refuse = None
        clock.advance(SWEEP_SECONDS)
        await until(lambda: not bucket.objects)
        await settle()
        assert not chore.done()
    finally:
        chore.cancel()
