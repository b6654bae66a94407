"""Where the bot writes about a job: its thread, and its record in the channel."""

from tests.cogs.conftest import text_of

CLIP_URL = "https://discord.com/channels/1/2/3"
POSTS = "/channels/*/messages"
THREADS = "/channels/*/messages/*/threads"


def thread_of(stage):
    [thread] = stage.channel.threads
    return thread


def thread_texts(stage):
    return [text_of(message) for message in thread_of(stage).history()]


def record_of(stage):
    return stage.channel.history()[0]


def posted(stage, since=0):
    """The bodies of the messages that the bot posted."""
    return [
        call.json
        for call in stage.env.http_requests[since:]
        if call.method == "POST" and call.path.endswith("/messages")
    ]
