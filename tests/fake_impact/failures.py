"""The ways in which a request can fail, and the script that says which ones do."""

import random
from collections import deque
from collections.abc import Sequence
from enum import StrEnum

__all__ = ["Failure", "Script"]


class Failure(StrEnum):
    LIMIT_SECONDS = "429, X-RateLimit-Reset in seconds"
    LIMIT_EPOCH = "429, X-RateLimit-Reset as an epoch"
    LIMIT_HOUR = "429, the partner pages' header names"
    LIMIT_RETRY_AFTER = "429, Retry-After in seconds"
    LIMIT_DATE = "429, Retry-After as a date"
    LIMIT_BARE = "429 without a header"
    ERROR_500 = "500, nothing taken"
    ERROR_503 = "503, nothing taken"
    GATEWAY_BEFORE = "502, nothing taken"
    GATEWAY_AFTER = "504, taken all the same"
    SLOW = "slow, then as usual"
    HANG_BEFORE = "no answer ever, nothing taken"
    HANG_AFTER = "no answer ever, taken"
    RESET_BEFORE = "connection reset, nothing taken"
    RESET_AFTER = "connection reset, taken"
    TRUNCATED = "half an answer, taken"
    NOT_JSON = "200 with HTML, taken"


class Script:
    """What fails: `next` first, one request each (None for one that works); then a share of all, at random.

    `only` limits it to requests with this method.
    """

    def __init__(self, seed: int = 0) -> None:
        self.next: deque[Failure | None] = deque()
        self.share = 0.0
        self.kinds: Sequence[Failure] = tuple(Failure)
        self.only: str | None = None
        self.done: list[Failure] = []
        self._chance = random.Random(seed)

    def pick(self, method: str) -> Failure | None:
        if self.only and method != self.only:
            return None
        if self.next:
            failure = self.next.popleft()
        else:
            failure = self._chance.choice(self.kinds) if self._chance.random() < self.share else None
        if failure is not None:
            self.done.append(failure)
        return failure
