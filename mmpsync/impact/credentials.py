"""The account and token that impact.com knows the brand by: from the environment only, and shown nowhere."""

import base64
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

from mmpsync.errors import CredentialsError

__all__ = ["SID_VARIABLE", "TOKEN_VARIABLE", "Credentials"]

SID_VARIABLE = "IMPACT_ACCOUNT_SID"
TOKEN_VARIABLE = "IMPACT_AUTH_TOKEN"  # noqa: S105  the variable's name, not a token


@dataclass(frozen=True)
class Credentials:
    """An Account SID and its Auth Token, both opaque and case-sensitive."""

    account_sid: str = field(repr=False)
    auth_token: str = field(repr=False)

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] | None = None) -> Self:
        """Read both variables; raises CredentialsError that names those which are not set, or cannot be one."""
        found = os.environ if environ is None else environ
        values = {name: found.get(name, "").strip() for name in (SID_VARIABLE, TOKEN_VARIABLE)}
        missing = [name for name, value in values.items() if not value]
        if missing:
            raise CredentialsError(
                f"{' and '.join(missing)} not set in the environment: impact.com has both values under"
                " Settings > Technical > API; mmpsync reads them from nowhere else"
            )
        odd = [name for name, value in values.items() if not (value.isascii() and value.isprintable())]
        if odd:
            raise CredentialsError(f"{' and '.join(odd)}: holds characters that no credential has")
        return cls(values[SID_VARIABLE], values[TOKEN_VARIABLE])

    @property
    def authorization(self) -> str:
        """The value of the Authorization header."""
        pair = f"{self.account_sid}:{self.auth_token}".encode()
        return f"Basic {base64.b64encode(pair).decode('ascii')}"

    def hidden(self, text: str) -> str:
        """The text without either value, however a server may have put it there."""
        secrets = (self.authorization.removeprefix("Basic "), self.auth_token, self.account_sid)
        for secret in secrets:
            text = text.replace(secret, "***")
        return text
