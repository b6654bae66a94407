"""What the database keeps: why, for how long, and how it ends. The one table that says so.

``docs/privacy.md`` shows it. ``tests/storage/test_kept_data.py`` holds it: every column of the
schema is in it once, what it says is emptied is emptied, and the export has what it names.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping


OPEN_FOR: Final = timedelta(days=1)
"""How long a request is kept that was not started: links to its clip live no longer."""


class Term(enum.Enum):
    """For how long something is kept, in words for the page."""

    WORDS = "`words`, from when the job is over"
    ARCHIVE = "`ARCHIVE_DAYS`, as the file itself"
    QUESTIONS = "`questions`, from when it was asked"
    STRIKES = "`strikes`, from the strike"
    CHANGES = "`changes`, from the change"
    SERVER = "while the bot is on the server"
    PERSON = "until it is undone"
    BRIEF = "until it is done"
    DAY = "a day, from when it was asked for or changed last"
    EVER = "for good"


class Wish(enum.Enum):
    """What *Delete my data* does to it, in words for the page."""

    EMPTIED = "emptied, once the job or question is over"
    KEPT = "kept"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptData:
    """Columns that are kept for one reason and end in one way."""

    what: str
    columns: Mapping[str, str]
    """By table, the names with spaces between them."""
    why: str
    term: Term
    exported: str | None = None
    """The keys under which the export has it, as ``jobs.prompt``; ``None``: it has it not."""
    unexported_because: str = ""
    wish: Wish = Wish.KEPT
    kept_because: str = ""
    """Why *Delete my data* leaves it."""
    goes_with_server: bool = False
    """Whether it ends once the bot has been gone from the server for ``GUILD_GONE_DAYS``."""

    def names(self) -> list[str]:
        """Return the columns as ``table.column``."""
        return [
            f"{table}.{name}" for table, names in self.columns.items() for name in names.split()
        ]


_SUMS: Final = "quotas, budgets and the provider's bills are sums over it"
_OURS: Final = "Discord's numbers, of no use elsewhere"
_SERVERS: Final = "it is the server's record of its moderators' work"
_ORDER: Final = "it protects others, and would be the first thing to have deleted"
_TECHNICAL: Final = "it says nothing about a person"

KEPT_DATA: Final = (
    KeptData(
        what="The request's words",
        columns={"jobs": "prompt look_name own_words cancel_note delete_note"},
        why="they are the request, and the answer to it",
        term=Term.WORDS,
        exported="jobs.prompt jobs.look jobs.own_words jobs.note jobs.deleted_because",
        wish=Wish.EMPTIED,
        goes_with_server=True,
    ),
    KeptData(
        what="Names and links of clip, reference image and result",
        columns={"jobs": "source_url source_filename source_message_url reference_url output_url"},
        why="the job, and Compare and With its sound below its result, read the files there",
        term=Term.WORDS,
        exported="jobs.clip jobs.clip_url jobs.clip_message_url jobs.reference_url jobs.result_url"
        " clips_of_yours.clip clips_of_yours.clip_message_url clips_of_yours.result_url",
        wish=Wish.EMPTIED,
        goes_with_server=True,
    ),
    KeptData(
        what="The link of the prepared clip, and the provider's own words",
        columns={"jobs": "sent_url failure_detail"},
        why="the provider fetches the clip there; its words help the owner to find a fault",
        term=Term.WORDS,
        unexported_because="a copy of the clip in its thread; words for the owner only",
        wish=Wish.EMPTIED,
        goes_with_server=True,
    ),
    KeptData(
        what="The link that lasts",
        columns={"jobs": "archive_url"},
        why="people find the result there after Discord's link has expired",
        term=Term.ARCHIVE,
        exported="jobs.result_url",
        wish=Wish.EMPTIED,
        goes_with_server=True,
    ),
    KeptData(
        what="The roles at that moment",
        columns={"jobs": "role_ids"},
        why="limits of roles, and the preview of changed settings on past jobs",
        term=Term.WORDS,
        exported="jobs.role_ids",
        wish=Wish.EMPTIED,
        goes_with_server=True,
    ),
    KeptData(
        what="Who asked, where and when, and how it ended",
        columns={
            "jobs": "id guild_id channel_id user_id state created_at submitted_at finished_at"
            " deleted_at failure cancel_reason model seed ratio source_seconds part_seconds"
            " price_micros cost_micros cost_source cost_credits"
        },
        why=_SUMS,
        term=Term.EVER,
        exported="jobs.id jobs.server_id jobs.channel_id jobs.asked_at jobs.sent_at jobs.ended_at"
        " jobs.deleted_at jobs.state jobs.failure jobs.cancel_reason jobs.model jobs.seed"
        " jobs.ratio jobs.seconds jobs.expected_cost jobs.cost",
        kept_because=_SUMS,
    ),
    KeptData(
        what="Whose clip it was",
        columns={"jobs": "source_author_id"},
        why="the author is asked, may delete the result, and finds here what was made of it",
        term=Term.EVER,
        exported="clips_of_yours.id clips_of_yours.server_id clips_of_yours.channel_id"
        " clips_of_yours.asked_at clips_of_yours.ended_at clips_of_yours.state"
        " clips_of_yours.your_answer",
        kept_because="it is the author's",
    ),
    KeptData(
        what="The ids of the bot's messages",
        columns={
            "jobs": "record_message_id can_open_thread source_channel_id source_message_id"
            " thread_id status_message_id answer_message_id answer_channel_id"
        },
        why="without them nobody could delete a result",
        term=Term.EVER,
        unexported_because=_OURS,
        kept_because="Delete below a result keeps working",
    ),
    KeptData(
        what="The clip's size and shape, and what was chosen for it",
        columns={
            "jobs": "source_content_type source_bytes source_width source_height part_start plan"
            " convert_reference sent_bytes sent_content_type clip_bucket spoiler keep_sound look"
            " public_figure_threshold review_output is_age_restricted"
        },
        why="the clip is prepared from it; the preview of changed settings reads it",
        term=Term.EVER,
        unexported_because=_TECHNICAL,
        kept_because=_TECHNICAL,
    ),
    KeptData(
        what="How the work went",
        columns={
            "jobs": "owner updated_at admitted_at prepared_at hold held_until submit_attempts"
            " submitted_by submit_started_at task_id request_id phase progress output_expires_at"
            " charge cancelled_by edited_by deleted_by name_moderators delivery_attempts told_at"
            " quarantined_at released_at look_at told_by record_picture"
        },
        why="nothing is paid for twice, and the provider's support finds the task",
        term=Term.EVER,
        unexported_because=_TECHNICAL,
        kept_because=_SUMS,
    ),
    KeptData(
        what="What each job cost, and whom it counts for",
        columns={"ledger": "job_id scope scope_id guild_id day jobs micros standing"},
        why=_SUMS,
        term=Term.EVER,
        unexported_because="the cost is with each job",
        kept_because=_SUMS,
    ),
    KeptData(
        what="What moderators wrote in a review, and the words that they changed",
        columns={"reviews": "note prompt_before reasons"},
        why="the requester reads why, and other moderators see what was changed",
        term=Term.WORDS,
        exported="reviews.note reviews.your_words",
        wish=Wish.EMPTIED,
        goes_with_server=True,
    ),
    KeptData(
        what="That moderators checked, who and when",
        columns={
            "reviews": "job_id stage guild_id standing opened_at expires_at channel_id message_id"
            " folded_at taken_by taken_at decided_by decided_at mended_by"
        },
        why=_SERVERS,
        term=Term.SERVER,
        exported="reviews.job_id reviews.opened_at reviews.decided_at reviews.outcome",
        kept_because=_SERVERS,
        goes_with_server=True,
    ),
    KeptData(
        what="Questions to moderators, and their answers",
        columns={"appeals": "about words answer"},
        why="both sides read them",
        term=Term.QUESTIONS,
        exported="questions_to_moderators.about questions_to_moderators.words"
        " questions_to_moderators.answer",
        wish=Wish.EMPTIED,
        goes_with_server=True,
    ),
    KeptData(
        what="Looks that a person saved",
        columns={
            "looks": "id user_id name words seed ratio model picture_job_id saved_at",
        },
        why="the person chooses them again",
        term=Term.PERSON,
        exported="looks.name looks.words looks.seed looks.shape looks.model"
        " looks.picture_of_job_id",
        wish=Wish.EMPTIED,
    ),
    KeptData(
        what="A request that was not started: its clip's link, its words, who asked and where",
        columns={"open_requests": "id guild_id user_id words kept_at"},
        why="the part can still be chosen, or the words be mended, also after a restart",
        term=Term.DAY,
        unexported_because="it is gone after a day",
        wish=Wish.EMPTIED,
        goes_with_server=True,
    ),
    KeptData(
        what="That a question was asked and answered",
        columns={
            "appeals": "id guild_id user_id job_id opened_at channel_id message_id answered_by"
            " answered_at told_at"
        },
        why="each thing can be asked about once",
        term=Term.QUESTIONS,
        exported="questions_to_moderators.server_id questions_to_moderators.asked_at",
        kept_because=_SERVERS,
        goes_with_server=True,
    ),
    KeptData(
        what="Strikes",
        columns={"strikes": "job_id guild_id user_id struck_at failure lifted_by lifted_at"},
        why="too many of them pause a member",
        term=Term.STRIKES,
        exported="strikes.job_id strikes.server_id strikes.at strikes.failure strikes.lifted_at",
        kept_because=_ORDER,
        goes_with_server=True,
    ),
    KeptData(
        what="Blocks",
        columns={"blocks": "guild_id user_id blocked_by blocked_at note"},
        why="a server, or the bot's owner, shut somebody out",
        term=Term.PERSON,
        exported="blocks.server_id blocks.since blocks.note",
        kept_because=_ORDER,
        goes_with_server=True,
    ),
    KeptData(
        what="The opt-out",
        columns={"opt_outs": "user_id since"},
        why="nobody may restyle this person's clips",
        term=Term.PERSON,
        exported="opted_out_since",
        kept_because="it is the person's own wish",
    ),
    KeptData(
        what="How a person wants to be told of their clips",
        columns={"wishes": "user_id told_by since"},
        why="they are told so, on every server",
        term=Term.PERSON,
        exported="told_by",
        wish=Wish.EMPTIED,
    ),
    KeptData(
        what="A server's settings, and who changed them",
        columns={
            "setting_values": "guild_id scope scope_id name value",
            "review_folds": "guild_id channel_id message_id",
            "pauses": "guild_id paused_by paused_at note",
        },
        why="they hold for the server",
        term=Term.SERVER,
        unexported_because=_SERVERS,
        kept_because=_SERVERS,
        goes_with_server=True,
    ),
    KeptData(
        what="Changes of settings, and news about budgets",
        columns={
            "setting_changes": "id guild_id user_id changed_at scope scope_id name before after",
            "budget_notices": "scope scope_id guild_id period day limit_micros mark decided_by"
            " used_micros price_micros noted_at told_at tried_at",
        },
        why="managers see what was changed, and are told of a budget once",
        term=Term.CHANGES,
        unexported_because=_SERVERS,
        kept_because=_SERVERS,
        goes_with_server=True,
    ),
    KeptData(
        what="What is still to be deleted",
        columns={
            "archive_removals": "url user_id noted_at",
            "deletions": "user_id asked_at",
            "guilds_left": "guild_id left_at",
        },
        why="it is deleted even if the archive, or a job, takes its time",
        term=Term.BRIEF,
        exported="deletion.asked_at deletion.files_left",
        kept_because="it is the deletion itself",
    ),
    KeptData(
        what="The processes, the installation, and messages still to be edited",
        columns={
            "workers": "id host pid started_at expires_at",
            "installation": "id last_seen_at moved_to key owner_told_at",
            "owed_cards": "job_id is_linked since due_at",
        },
        why="one process works on a job at a time, a database works in one place, and messages say"
        " in the end what came of a job",
        term=Term.BRIEF,
        unexported_because=_TECHNICAL,
        kept_because=_TECHNICAL,
    ),
)
