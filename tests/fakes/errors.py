"""Refusals in Discord's own shape.

Source: https://docs.discord.com/developers/topics/opcodes-and-status-codes
"""

from __future__ import annotations

from typing import Any

TEXTS = {
    0: "Unknown error",
    10002: "Unknown Application",
    10003: "Unknown Channel",
    10004: "Unknown Guild",
    10008: "Unknown Message",
    10013: "Unknown User",
    10015: "Unknown Webhook",
    10062: "Unknown interaction",
    30046: "Maximum number of edits to messages older than 1 hour reached. Try again later.",
    40005: "Request entity too large",
    40060: "Interaction has already been acknowledged.",
    50001: "Missing Access",
    50005: "Cannot edit a message authored by another user",
    50006: "Cannot send an empty message",
    50007: "Cannot send messages to this user",
    50013: "Missing Permissions",
    50024: "Cannot execute action on this channel type",
    50027: "Invalid Webhook Token",
    50035: "Invalid Form Body",
    50083: "Thread is archived",
    130000: "API resource is currently overloaded. Try again a little later",
    160004: "A thread has already been created for this message",
    160005: "Thread is locked",
    160006: "Maximum number of active threads reached",
}


class ApiError(Exception):
    """An answer other than success: HTTP status, Discord's code, and which field is wrong."""

    def __init__(self, status: int, code: int, field: str = "", problem: str = "") -> None:
        super().__init__(f"{status} {code} {TEXTS.get(code, '')} {field} {problem}".strip())
        self.status = status
        self.code = code
        self.field = field
        self.problem = problem

    @property
    def body(self) -> dict[str, Any]:
        """The JSON that goes with it."""
        body: dict[str, Any] = {"message": TEXTS.get(self.code, "Error"), "code": self.code}
        if self.field:
            errors: dict[str, Any] = {"_errors": [{"code": "INVALID", "message": self.problem}]}
            for part in reversed(self.field.split(".")):
                errors = {part: errors}
            body["errors"] = errors
        return body


def invalid(field: str, problem: str) -> ApiError:
    """Return the refusal of a request body, naming the field."""
    return ApiError(400, 50035, field, problem)
