"""What people read about looks: functions from facts to text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.domain.looks import MAX_NAME, MAX_WORDS, MOST_LOOKS, SLOT, LookOrigin
from bot.requests.text_safety import cut, harmless

if TYPE_CHECKING:
    from bot.domain.looks import Look, OfferedLook

WHOSE: Final = {
    LookOrigin.PERSONAL: "yours",
    LookOrigin.SERVER: "this server's",
    LookOrigin.BUILT_IN: "built in",
}
GROUPS: Final = {
    LookOrigin.BUILT_IN: "Built in",
    LookOrigin.SERVER: "This server's",
    LookOrigin.PERSONAL: "Yours",
}
OPTION: Final = "A ready-made style; see them all with /restyle-looks"
"""What is said of the option ``look``."""
COMMAND: Final = "See the looks for your clips, and try one"


def label(offered: OfferedLook) -> str:
    """Return a look's line in a list of choices, as plain text."""
    return f"{offered.look.name} · {WHOSE[offered.origin]}"


def used(name: str) -> str:
    """Return what whoever decides about a request reads of its look: others see the name."""
    return f"Others see it as the look “{harmless(name)}”."


def unknown(looks: str) -> str:
    """Return why a look cannot be used; ``looks`` names the command that shows those there are."""
    return f"There is no such look here.\nChoose one from the list, or see them all with {looks}."


PICTURE_GONE: Final = (
    "This look needs a reference image that is no longer on Discord. Nothing was started.\n"
    "Choose another look, or save it again from a result that was made with the image."
)

# The pages

_EMPTY: Final = {
    LookOrigin.PERSONAL: (
        "You have none yet. Under a result, press More and Save as look…, or write one here."
    ),
    LookOrigin.SERVER: "This server has none of its own yet. Its moderators can add some.",
    LookOrigin.BUILT_IN: "This server's moderators have switched all of them off.",
}
ABOUT_SAMPLES: Final = (
    "-# These pictures come from the bot's own simple stand-in and its sample clip. "
    "Runway's results only resemble them."
)
OPEN_PLACEHOLDER: Final = "Open a look…"
BACKWARD: Final = "Back"
FORWARD: Final = "Next"
ALL_LABEL: Final = "All looks"
KEEP_LABEL: Final = "Keep it"
VERBS: Final = {
    "try": "Try it…",
    "add": "Add one…",
    "edit": "Edit…",
    "remove": "Remove…",
    "remove-sure": "Remove it",
    "earlier": "Earlier",
    "later": "Later",
    "hide": "Switch off",
    "show": "Switch on",
}


def heading(origin: LookOrigin, count: int, *, restyle: str) -> str:
    """Return the first lines of a page; ``restyle`` names the command that offers them too."""
    title = f"## Looks · {GROUPS[origin]}"
    if count == 0:
        return f"{title}\n{_EMPTY[origin]}"
    return f"{title}\nAlso under look in {restyle}. You can add your own words."


def in_list(offered: OfferedLook, *, is_hidden: bool) -> str:
    """Return a look among others: its name, and how its words begin."""
    off = " · off" if is_hidden else ""
    words = offered.look.words.replace(f" {SLOT}", "").replace(SLOT, "")
    return f"**{harmless(offered.look.name)}**{off}\n-# {harmless(cut(words.strip(), 110))}"


def whole(offered: OfferedLook, *, is_hidden: bool) -> str:
    """Return everything about one look."""
    look = offered.look
    off = " · switched off here" if is_hidden else ""
    lines = [
        f"## {harmless(look.name)}",
        f"-# {WHOSE[offered.origin]}{off}",
        f"> {harmless(look.words)}",
        "-# Your own words go where {prompt} is. It works without any too.",
    ]
    facts = _facts(look)
    if facts:
        lines.append(f"-# {facts}")
    return "\n".join(lines)


def _facts(look: Look) -> str:
    facts = []
    if look.seed is not None:
        facts.append(f"seed {look.seed}")
    if look.ratio is not None:
        facts.append(f"shape {harmless(look.ratio)}")
    if look.model is not None:
        facts.append(harmless(look.model))
    if look.picture_job_id is not None:
        facts.append("with a reference image")
    return " · ".join(facts)


def sample_description(name: str) -> str:
    """Return the alternative text of a sample picture."""
    return f"A sailing boat in front of a lighthouse at dusk, as {name}"


def remove_question(offered: OfferedLook) -> str:
    """Return what is asked before a look is removed."""
    return f"Remove the look {harmless(offered.look.name)}? Clips made with it stay."


# The forms

ADD_TITLE: Final = "A new look"
EDIT_TITLE: Final = "Edit this look"
SAVE_TITLE: Final = "Save as look"
NO_CHOICE: Final = "None in particular"
FIELDS: Final = {
    "video": ("The clip", "MP4, MOV, WebM, GIF and most others."),
    "prompt": ("Your own words", "They are added to the look. You can leave this empty."),
    "start": ("Begin at", "Seconds, or 1:05. Empty: at its beginning."),
    "name": ("Name", None),
    "words": ("Words", "{prompt} is where your own words go. Without it, they go at the end."),
    "seed": ("Seed", "Only to repeat one result. Empty: a new one each time."),
    "shape": ("Shape", "Used where the model offers it."),
    "model": ("Model", "The one it was written for."),
    "picture": ("With its reference image", "It stays in the thread of this result."),
    "for-all": ("For everybody on this server", "Otherwise only for you, wherever you are."),
}
"""Labels and hints by the fields' custom ids."""


def try_title(name: str) -> str:
    """Return the title of the form that tries a look."""
    return cut(f"Try {name}", 45)


# Answers


def saved(name: str, *, for_all: bool, restyle: str) -> str:
    """Return the answer when a look was saved out of a result; ``restyle`` names the command."""
    whose = "for everybody here" if for_all else "for you, wherever you are"
    return f"Saved as {harmless(name)}, {whose}. Choose it under look in {restyle}."


ONE_SLOT: Final = f"The words can have {SLOT} only once. Nothing was saved."
NO_WORDS: Final = "A look needs a name and words. Nothing was saved."
TOO_LONG: Final = (
    f"That is too long: a name has up to {MAX_NAME} characters, the words up to {MAX_WORDS} with "
    f"{SLOT}. Nothing was saved."
)
FULL: Final = f"There is room for {MOST_LOOKS} looks. Nothing was saved. Remove one first."
NAME_TAKEN: Final = "This server has a look with that name. Nothing was saved. Choose another."
RULED_OUT: Final = (
    "This server's prompt rules refuse these words. Nothing was saved.\n"
    "Use other words, or ask a moderator."
)
NOT_IN_DMS: Final = "There are no moderators in direct messages. Save it for yourself."
LOGGED: Final = "changed the looks"
CHANGED_MEANWHILE: Final = "Somebody changed or removed that look in the meantime. Open it again."
BAD_NUMBER: Final = "A seed is a whole number from 0 to 4,294,967,295. Nothing was saved."
