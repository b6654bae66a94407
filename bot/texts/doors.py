"""The sentences about where the bot works: servers that it is not for, and direct messages."""

from __future__ import annotations


def direct_messages_off() -> str:
    """Return the answer to a command in direct messages while those are off."""
    return (
        "This bot restyles no clips in direct messages. Nothing was started and nothing was "
        "spent.\n"
        "Use the command on a server that has this bot; `/restyle-privacy` works here as well. "
        "Only the bot's operator can change that (`DIRECT_MESSAGES`)."
    )


def server_not_served(guild_id: str) -> str:
    """Return the answer to a command on a server that is not among the operator's."""
    return (
        "This server is not among those that the bot works on, so nothing was started.\n"
        f"Only the bot's operator can add it (`SERVERS`, id `{guild_id}`). "
        "`/restyle-privacy` works here as well."
    )


def not_on_server() -> str:
    """Return the answer to somebody who has the command in their account, on a strange server."""
    return (
        "Restyle is not on this server, so it cannot answer here. Nothing was started.\n"
        "Use it in direct messages with the bot, or ask whoever has Manage Server to add it."
    )


def goodbye() -> str:
    """Return the message before the bot leaves a server that is not among the operator's."""
    return (
        "Hello! This bot restyles clips on a few chosen servers only, and this is not one of "
        "them, so it leaves now. Nothing was started and nothing was spent.\n"
        "If it should be here, ask its operator to add this server, and invite it again. "
        "Its program is free: you can also run one of your own."
    )


def open_to_all() -> str:
    """Return the line in the log at a start with any server and no budget."""
    return (
        "SERVERS=any and BOT_DOLLARS_PER_MONTH=unlimited: whoever adds this bot to a server can "
        "spend your money there, without an end. Set one of them, and switch Public Bot off"
    )
