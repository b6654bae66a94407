"""What the provider says of the account, free of charge: key, models, money and tasks.

CometAPI's paths hang off the origin of the base URL. Where one of them answers 404 or something
that cannot be understood, the answer here is ``None``: nobody knows, and nothing follows from it.

Sources: the package ``cometapi-cli`` 0.3.10 (``docs/commands``), ``organization.retrieve`` of
https://github.com/runwayml/sdk-python 5.24.0.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from yarl import URL

from bot.cometapi.client import is_runways
from bot.cometapi.reply import read_number
from bot.cometapi.wire import is_task_id
from bot.domain.money import MICROS_PER_DOLLAR, micros_of_credits
from bot.errors import CometError

if TYPE_CHECKING:
    from pydantic import SecretStr

    from bot.cometapi.client import CometClient
    from bot.cometapi.reply import Reply

log = logging.getLogger(__name__)

UNLIMITED_DOLLARS: Final = 1e8
"""From here on a key's limit means that it has none."""
PAGE_SIZE: Final = 100
MOST_SKEW: Final = timedelta(seconds=60)
"""How far the provider's clock may be off ours."""
MAX_PAGES: Final = 50
"""A longer list is not read to its end, and so says nothing of what is missing in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedTask:
    """One task of the account, as the console lists it; it does not say of which prompt."""

    task_id: str
    submitted_at: datetime
    """By the provider's clock, in whole seconds."""
    model: str
    """Empty where the list does not say."""


class Console:
    """Asks about the account. Every answer is free, and ``None`` where nobody can say."""

    def __init__(
        self,
        comet: CometClient,
        *,
        base_url: str,
        api_key: SecretStr,
        access_token: SecretStr | None = None,
    ) -> None:
        """Borrow ``comet``, the one that sends.

        Args:
            comet: The client.
            base_url: As the client's; the console lies at its origin.
            api_key: The client's own.
            access_token: Of CometAPI's console, which is something else than the key. The list of
                tasks asks for it.
        """
        self._comet = comet
        self._base_url = URL(base_url)
        self._origin = self._base_url.origin()
        self._is_runway = is_runways(self._base_url)
        self._key = api_key
        has_token = access_token is not None and bool(access_token.get_secret_value())
        self._token = access_token if has_token and not self._is_runway else None
        self._odd: set[str] = set()
        self._was_off = False

    @property
    def can_list(self) -> bool:
        """Whether the list of tasks may be asked for at all."""
        return self._token is not None

    async def is_key_good(self) -> bool | None:
        """Tell whether the API key is accepted."""
        url = self._base_url / "organization" if self._is_runway else self._origin / "v1/models"
        reply = await self._ask(url, self._key)
        if reply is None:
            return None
        if reply.status in (401, 403):
            return False
        return True if reply.is_success and isinstance(reply.payload(), dict) else None

    async def offers(self, model: str) -> bool | None:
        """Tell whether ``model`` is offered; the catalogue is public, and needs no key.

        CometAPI also bills routes of Runway's under names of its own (``runwayml_…``): where the
        catalogue has such, it does not tell which models lie behind them.
        """
        if self._is_runway:
            return None
        payload = await self._payload(self._origin / "api/models", None)
        found = payload.get("data") if isinstance(payload, dict) else None
        names: set[str] = set()
        for entry in found if isinstance(found, list) else ():
            if isinstance(entry, dict):
                names |= {str(entry.get(key, "")).lower() for key in ("code", "id")}
        if not names - {""}:
            return None
        if any(model.lower() in name for name in names):
            return True
        return None if any("runway" in name for name in names) else False

    async def micros_left(self) -> int | None:
        """Return what may still be spent, in micro-dollars; ``None`` also without a limit."""
        if self._is_runway:
            payload = await self._payload(self._base_url / "organization", self._key)
            balance = read_number(payload.get("creditBalance")) if payload else None
            return None if balance is None else micros_of_credits(balance)
        billing = self._origin / "v1/dashboard/billing"
        limits = await self._payload(billing / "subscription", self._key)
        limit = read_number(limits.get("hard_limit_usd")) if limits else None
        if limit is None or limit >= UNLIMITED_DOLLARS:
            return None
        used = await self._payload(billing / "usage", self._key)
        cents = read_number(used.get("total_usage")) if used else None
        return None if cents is None else round((limit - cents / 100) * MICROS_PER_DOLLAR)

    async def tasks(
        self, since: datetime, until: datetime, *, now: datetime
    ) -> list[ListedTask] | None:
        """Return every task of the account submitted between two moments; ``None`` if unsure.

        Nothing is sure either while the clock that says ``now`` differs from the provider's by more
        than ``MOST_SKEW``: the moments of its list would be compared with others.
        """
        if self._token is None:
            return None
        found: dict[str, ListedTask] = {}
        for page in range(1, MAX_PAGES + 1):
            url = (self._origin / "api/task/self").with_query(
                {
                    "platform": "runwayml",
                    "start_timestamp": str(int(since.timestamp())),
                    "end_timestamp": str(int(until.timestamp()) + 1),
                    "p": str(page),
                    "page_size": str(PAGE_SIZE),
                }
            )
            reply = await self._ask(url, self._token)
            if reply is None or self._is_clock_off(reply, now):
                return None
            items = _items(self._read(url, reply))
            if items is None:
                return None
            before = len(found)
            for item in items:
                task = _listed(item)
                if task is None:
                    self._note(url.path, "an item that is no task")
                    return None
                found[task.task_id] = task
            # A server that knows no pages gives the same again and again.
            if len(items) < PAGE_SIZE or len(found) == before:
                margin = timedelta(seconds=1)
                return [t for t in found.values() if since - margin <= t.submitted_at <= until]
        return None

    def _is_clock_off(self, reply: Reply, now: datetime) -> bool:
        ahead = now - reply.sent_at if reply.sent_at is not None else timedelta()
        was_off, self._was_off = self._was_off, abs(ahead) > MOST_SKEW
        if self._was_off and not was_off:
            log.warning(
                "The clock here is %+.0f s off CometAPI's: its list of tasks settles nothing until "
                "they agree. Have it set by NTP",
                ahead.total_seconds(),
            )
        return self._was_off

    async def _payload(self, url: URL, bearer: SecretStr | None) -> dict[str, Any] | None:
        reply = await self._ask(url, bearer)
        return None if reply is None else self._read(url, reply)

    def _read(self, url: URL, reply: Reply) -> dict[str, Any] | None:
        payload = reply.payload()
        if reply.is_success and isinstance(payload, dict) and payload.get("success") is not False:
            return payload
        self._note(url.path, f"HTTP {reply.status}")
        return None

    async def _ask(self, url: URL, bearer: SecretStr | None) -> Reply | None:
        try:
            return await self._comet.ask(url, bearer=bearer)
        except CometError as exc:
            log.debug("The provider did not say (%s): %s", url.path, exc)
            return None

    def _note(self, path: str, what: str) -> None:
        if path not in self._odd:
            self._odd.add(path)
            log.debug("The provider's answer to %s cannot be used: %s", path, what)


def _items(payload: dict[str, Any] | None) -> list[Any] | None:
    data = payload.get("data") if payload is not None else None
    items = data.get("items") if isinstance(data, dict) else data
    return items if isinstance(items, list) else None


def _listed(item: object) -> ListedTask | None:
    if not isinstance(item, dict):
        return None
    task_id = item.get("task_id")
    seconds = read_number(item.get("submit_time")) or read_number(item.get("created_at"))
    if not isinstance(task_id, str) or not is_task_id(task_id) or not seconds:
        return None
    if seconds > 1e11:  # milliseconds, then
        seconds /= 1000
    try:
        submitted_at = datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):  # beyond any calendar
        return None
    model = item.get("model_name")
    return ListedTask(
        task_id=task_id,
        submitted_at=submitted_at,
        model=model if isinstance(model, str) else "",
    )
