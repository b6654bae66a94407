from pathlib import Path

import pytest

from bot.archive.address import BucketAddress, FolderAddress, read_archive_url
from bot.errors import SettingsError


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("/srv/restyle", "/srv/restyle"),
        ("archive", "archive"),
        ("file:///srv/rest%20yle", "/srv/rest yle"),
        ("file://localhost/srv/restyle", "/srv/restyle"),
    ],
)
def test_a_folder_is_given_as_a_path_or_a_file_url(text, path):
    assert read_archive_url(text) == FolderAddress(path=Path(path))


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("s3://clips", BucketAddress(bucket="clips")),
        ("s3://clips/", BucketAddress(bucket="clips")),
        (
            "s3://clips/made/here/?region=eu-central-1",
            BucketAddress(bucket="clips", prefix="made/here", region="eu-central-1"),
        ),
        (
            "s3://clips?endpoint=https://s3.example.com/storage/&region=auto&addressing=virtual",
            BucketAddress(
                bucket="clips",
                endpoint="https://s3.example.com/storage",
                region="auto",
                is_virtual=True,
            ),
        ),
        (
            "s3://clips?endpoint=http://minio:9000",
            BucketAddress(bucket="clips", endpoint="http://minio:9000"),
        ),
        (
            "s3://clips?endpoint=https%3A%2F%2Fs3.example.com",
            BucketAddress(bucket="clips", endpoint="https://s3.example.com"),
        ),
    ],
)
def test_a_bucket_is_given_with_what_its_store_needs(text, address):
    assert read_archive_url(text) == address


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("s3:/clips", "s3://bucket"),
        ("gs://clips", "s3://bucket"),
        ("s3://", "name a bucket"),
        ("s3:///made", "name a bucket"),
        ("s3://key:hunter2@clips", "AWS_SECRET_ACCESS_KEY"),
        ("s3://clips/a/../hunter2", "prefix"),
        ("s3://clips/%2e%2e/hunter2", "prefix"),
        ("s3://clips?key=hunter2", "endpoint, region and addressing"),
        ("s3://clips?region=a&region=hunter2", "each once"),
        ("s3://clips?region=Frank/furt", "eu-central-1"),
        ("s3://clips?addressing=hunter2", "addressing=path"),
        ("s3://clips?endpoint=s3.example.com", "https://s3.example.com"),
        ("s3://clips?endpoint=https://[hunter2", "https://s3.example.com"),
        ("s3://clips?endpoint=http://s3.example.com", "https"),
        ("s3://clips?endpoint=https://me:hunter2@s3.example.com", "https://s3.example.com"),
        ("s3://clips?hunter2", "s3://bucket"),
        ("s3://clips#hunter2", "no #"),
        ("file://server/hunter2", "three slashes"),
        ("file:///", "three slashes"),
    ],
)
def test_a_wrong_address_says_what_to_write_and_is_not_repeated(settings_for, text, hint):
    with pytest.raises(SettingsError, match="ARCHIVE_URL: ") as caught:
        settings_for(text)
    assert hint in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_an_archive_without_a_public_address_is_refused(settings_for):
    with pytest.raises(SettingsError, match=r"ARCHIVE_PUBLIC_URL: .*https://videos\.example\.com"):
        settings_for("/srv/restyle", archive_public_url="")


@pytest.mark.parametrize(
    "url",
    [
        "http://videos.example.com",
        "http://192.168.1.5/clips",
        "ftp://videos.example.com",
        "videos.example.com",
        "https://",
        "https://[",
        "https://me:word@videos.example.com",
        "https://videos.example.com?x=1",
        "https://videos.example.com/#x",
    ],
)
def test_a_public_address_that_people_cannot_open_safely_is_refused(settings_for, url):
    with pytest.raises(SettingsError, match="ARCHIVE_PUBLIC_URL: "):
        settings_for("/srv/restyle", archive_public_url=url)


def test_a_public_address_may_be_this_machine_to_try_it_out(settings_for):
    settings = settings_for("/srv/restyle", archive_public_url="http://127.0.0.1:8080/clips/")
    assert settings.archive_public_url == "http://127.0.0.1:8080/clips"


@pytest.mark.parametrize(
    "keys",
    [
        {"aws_access_key_id": ""},
        {"aws_secret_access_key": ""},
        {"aws_access_key_id": "", "aws_secret_access_key": ""},
    ],
)
def test_a_store_that_asks_for_keys_does_not_start_without(settings_for, keys):
    with pytest.raises(SettingsError, match=r"AWS_SECRET_ACCESS_KEY: .*AWS_ACCESS_KEY_ID"):
        settings_for("s3://clips?endpoint=https://s3.example.com", **keys)


def test_aws_itself_may_know_the_machine_without_keys(settings_for):
    settings = settings_for("s3://clips", aws_access_key_id="", aws_secret_access_key="")
    assert settings.archive_url == "s3://clips"


def test_half_a_pair_of_keys_for_other_programs_does_no_harm(settings_for):
    assert settings_for("", aws_secret_access_key="").archive_url == ""
    assert settings_for("/srv/restyle", aws_secret_access_key="").archive_url == "/srv/restyle"


def test_the_keys_are_never_logged_or_shown(settings_for):
    settings = settings_for("s3://clips", aws_session_token="passing-token")
    assert {"archive-secret", "passing-token"} <= set(settings.secrets)
    assert "" not in settings.secrets
    assert "archive-secret" not in repr(settings)


def test_keys_are_read_from_dotenv_too(monkeypatch, tmp_path, settings_for):
    (tmp_path / ".env").write_text("AWS_SESSION_TOKEN=from-dotenv\n")
    assert settings_for("s3://clips").aws_session_token.get_secret_value() == "from-dotenv"
