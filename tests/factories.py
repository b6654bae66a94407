"""Values that tests make up; every argument overrides one field."""

from bot.domain.jobs import NewJob

GUILD_ID = 2_000_000_000_000_000_000
CHANNEL_ID = 3_000_000_000_000_000_000
USER_ID = 4_000_000_000_000_000_000


def new_job(id=1_300_000_000_000_000_001, **fields):
    """A valid NewJob; ids are of a snowflake's size, so that nothing small hides an overflow."""
    return NewJob(
        **{
            "id": id,
            "guild_id": GUILD_ID,
            "channel_id": CHANNEL_ID,
            "record_message_id": 5_000_000_000_000_000_000,
            "user_id": USER_ID,
            "can_open_thread": True,
            "source_url": "https://cdn.discordapp.com/attachments/1/2/clip.mp4?ex=1&is=2&hm=3",
            "source_filename": "clip.mp4",
            "source_content_type": "video/mp4",
            "source_bytes": 3_000_000_000,
            "source_seconds": 5.04,
            "source_width": 1280,
            "source_height": 720,
            "reference_url": None,
            "model": "gen4_aleph",
            "prompt": "Make it a watercolour 🎨",
            "seed": 4_294_967_295,
            "ratio": "1280:720",
            "public_figure_threshold": "auto",
        }
        | fields
    )
