"""What a command answers with, and what people do with it; also after a restart."""

from tests.cogs.conftest import buttons_of
from tests.cogs.panels import text_of


async def restart(stage, make_bot):
    """Have another bot take over, on the same store."""
    bot = make_bot()
    await stage.env.restart_bot(bot)
    return bot


def message_of(result):
    return result.response.message


async def press(who, page, label):
    message = message_of(page)
    return await who.click(message, custom_id=buttons_of(message)[label])


def page(result):
    return text_of(result.response.message)


def option_ids(message):
    """The values that the page's menu offers."""

    def walk(components):
        for component in components:
            yield from (option.value for option in getattr(component, "options", []))
            yield from walk(getattr(component, "children", None) or [])

    return list(walk(message.components))
