"""The sentences about where the bot works: servers that it is not for, and direct messages."""

from __future__ import annotations


def direct_messages_off(privacy: str) -> str:
    """Return the answer to a command in direct messages while those are off.

    Args:
        privacy: ``/restyle-privacy``, to be clicked where that is possible.
    """
    return (
        "This bot does not restyle clips in direct messages. Nothing was started and nothing was "
        "spent.\n"
        f"Use the command on a server that has this bot; {privacy} works here too. "
        "Only the bot's owner can change that (`DIRECT_MESSAGES`)."
    )


def server_not_served(guild_id: str, *, privacy: str) -> str:
    """Return the answer to a command on a server that is not among the operator's."""
    return (
        "This bot does not restyle clips on this server, so nothing was started.\n"
        f"Only its owner can add the server (`SERVERS`, id `{guild_id}`). "
        f"{privacy} works here too."
    )


def not_on_server() -> str:
    """Return the answer to somebody who has the command in their account, on a strange server."""
    return (
        "Restyle is not on this server, so it cannot answer here. Nothing was started.\n"
        "Use it in direct messages with the bot, or ask a manager of this server to add it."
    )


def goodbye() -> str:
    """Return the message before the bot leaves a server that is not among the operator's."""
    return (
        "This bot restyles clips only on certain servers, and this is not one of them, so it "
        "leaves now. Nothing was started and nothing was spent.\n"
        "If it should be here, ask its owner to add this server, then invite it again. "
        "The program is free: you can also run your own."
    )


def open_to_all() -> str:
    """Return the line in the log at a start with any server and no budget."""
    return (
        "SERVERS=any and BOT_DOLLARS_PER_MONTH=unlimited: anybody who adds this bot to a server "
        "can spend your money there without limit. Set one of them, and switch Public Bot off"
    )
