"""Time as the HTTP side sees it, in one place, so that no test has to wait."""

import threading
import time

__all__ = ["Clock"]


class Clock:
    """Tells the time and sleeps; `stop` wakes every sleeper, for good."""

    def __init__(self) -> None:
        self._stopped = threading.Event()

    def now(self) -> float:
        """Seconds since 1970."""
        return time.time()

    def sleep(self, seconds: float) -> bool:
        """Wait; True when the time is over, False when `stop` cut it short."""
        return not self._stopped.wait(max(0.0, seconds))

    def stop(self) -> None:
        """Let nobody sleep any more."""
        self._stopped.set()

    @property
    def stopped(self) -> bool:
        """Whether `stop` was called."""
        return self._stopped.is_set()
