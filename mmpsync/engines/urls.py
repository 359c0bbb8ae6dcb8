"""URLs of files in other places: where they may not tell a secret."""

import re

from mmpsync.errors import InputError

__all__ = ["refuse_secrets"]

_SECRET = re.compile(r"://(?!\[)[^/@]*:(?!\d*(?:/|$))")


def refuse_secrets(url: str, instead: str) -> None:
    """Raise InputError for a URL with a password, which would stand in every report and in run.json.

    `instead` says where it belongs.
    """
    if _SECRET.search(url):
        raise InputError(
            f"{url.partition(':')[0]}://…: the URL has a password in it; take it out and have {instead} tell it"
        )
