"""A local Discord that discord.py talks to over real sockets (see :class:`DiscordServer`)."""

from tests.fakes.description import Description
from tests.fakes.faults import Fault, hang, lost_answer, rate_limited, refused, unavailable
from tests.fakes.server import DiscordServer
from tests.fakes.world import Attachment, Channel, Guild, Interaction, Message, Upload, User

__all__ = [
    "Attachment",
    "Channel",
    "Description",
    "DiscordServer",
    "Fault",
    "Guild",
    "Interaction",
    "Message",
    "Upload",
    "User",
    "hang",
    "lost_answer",
    "rate_limited",
    "refused",
    "unavailable",
]
