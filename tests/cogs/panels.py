"""An open settings panel, and what a moderator does with it."""

import re

import discord

from bot.policy.catalogue import SETTINGS
from bot.policy.problems import SERVER, Target

MEBIBYTE = 1024 * 1024
DOLLAR = 1_000_000


def walk(components):
    """Every component of a message as discord.py has it."""
    for component in components:
        yield component
        yield from walk(getattr(component, "children", None) or [])
        if (accessory := getattr(component, "accessory", None)) is not None:
            yield accessory


def walk_payload(components):
    """Every component of what was sent to Discord."""
    for component in components:
        yield component
        yield from walk_payload(component.get("components", []))
        for key in ("accessory", "component"):
            if key in component:
                yield from walk_payload([component[key]])


def sent_payload(stage):
    """The body of the message that the bot sent or edited last."""
    calls = [call for call in stage.env.http_requests if call.method == "PATCH"]
    return calls[-1]


def text_of(message):
    """All that can be read in a message, components and all."""
    found = [message.content] if message.content else []

    def walk(components):
        for component in components:
            if isinstance(component, discord.TextDisplay):
                found.append(component.content)
            walk(getattr(component, "children", None) or getattr(component, "components", []) or [])

    walk(message.components)
    return "\n".join(found)


class Panel:
    """Presses are a second apart, so that each is an action of its own."""

    def __init__(self, stage, who, opened):
        self.stage = stage
        self.who = who
        self.opened = opened

    @property
    def message(self):
        return self.opened.response.message

    @property
    def text(self):
        return text_of(self.message)

    def control(self, *end):
        """The control whose custom id ends with these words."""
        wanted = ":".join(end)
        [found] = [
            one
            for one in walk(self.message.components)
            if re.search(rf":{wanted}(:|$)", getattr(one, "custom_id", None) or "")
        ]
        return found

    def has(self, *end):
        wanted = ":".join(end)
        ids = [getattr(one, "custom_id", None) or "" for one in walk(self.message.components)]
        return any(one.endswith(f":{wanted}") for one in ids)

    def line(self, title):
        """The line with a setting's value and source."""
        return next(line for line in self.text.splitlines() if line.startswith(f"**{title}:**"))

    def below(self, title):
        """What stands under that line, up to the next setting."""
        lines = self.text.split(f"**{title}:**")[1].split("\n**")[0].split("\n###")[0]
        return lines.partition("\n")[2]

    @property
    def changes(self):
        return self.text.split("### Last changes\n")[1].splitlines()

    async def press(self, *end):
        self.stage.clock.advance(1)
        return await self.who.click(self.message, custom_id=self.control(*end).custom_id)

    async def select(self, values, *end):
        self.stage.clock.advance(1)
        return await self.who.select(
            self.message, list(values), custom_id=self.control(*end).custom_id
        )

    async def go(self, topic):
        return await self.select([topic], "topic")

    async def see(self, name):
        """Open the topic of a setting."""
        if not any(self.has(verb, name) for verb in ("set", "form", "on", "off")):
            await self.go(SETTINGS[name].topic.value)

    async def level(self, which, chosen=None):
        """Go to ``server``, ``channel`` or ``role``, and choose one."""
        letter = which[0]
        ids = self._ids(rf"settings\.b:[^:]+:{letter}\d+:[a-z]+:level")
        result = await self.who.click(self.message, custom_id=ids[0])
        if chosen is not None:
            ids = self._ids(rf"settings\.[cr]:[^:]+:{letter}\d+:[a-z]+:level")
            result = await self.who.select(self.message, [chosen], custom_id=ids[0])
        return result

    def _ids(self, pattern):
        ids = [getattr(one, "custom_id", None) or "" for one in walk(self.message.components)]
        return [one for one in ids if re.fullmatch(pattern, one)]

    async def choose(self, name, *values):
        """Choose in a setting's menu: words, or channels and roles."""
        await self.see(name)
        words = [
            f":{value}" if isinstance(value, str) and value not in {"unset", "null"} else value
            for value in values
        ]
        return await self.select(words, "set", name)

    async def open_form(self, name):
        await self.see(name)
        return await self.press("form", name)

    async def type(self, name, words="", how="number"):
        """Fill in the form of a number or of words."""
        form = await self.open_form(name)
        return await self.who.submit_modal(form, {"how": how, "words": words})

    async def add_rule(self, text, *, kind="words", action="refuse"):
        if not self.has("rule", "new"):
            await self.go("rules")
        form = await self.press("rule", "new")
        fields = {"words": text, "kind": kind, "action": action}
        return await self.who.submit_modal(form, fields)

    async def open_rule(self, number):
        """Choose a rule in the menu, which opens its form."""
        if not self.has("rule", "new"):
            await self.go("rules")
        return await self.select([str(number)], "rule", str((number - 1) // 25 * 25))

    async def undo(self):
        return await self.press("undo")

    async def own(self, name, target=SERVER):
        """What is set now."""
        policy = await self.stage.store.policies.read(self.stage.guild.id)
        return policy.own(name, target)


def of_channel(channel):
    return Target("channel", channel.id)


def of_role(role):
    return Target("role", role.id)
