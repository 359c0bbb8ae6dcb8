"""Field references: the small grammar in which adapters and `mmpsync.toml` say where a value stands.

| reference                  | meaning                                                              |
|----------------------------|----------------------------------------------------------------------|
| `af_sub1`                  | a column; case, BOM, braces, brackets, blanks and underscores ignored |
| `event_value.af_order_id`  | a key inside a JSON column, also nested                              |
| `original_url?irclickid`   | a query parameter of a URL or bare query string                      |
| `original_url?{click_id}`  | the same for each of the program's `click_id_params`, in order       |
| `dcp_{click_id}`           | a column for each of the program's `click_id_params`, in order       |
| `=USD`                     | this very text, for every row                                        |
| `af_sub1!`                 | `yes`, for every row of a file that has the column (JSON: the key)   |
| `@order_id`                | in rules: where the user has configured that field, then the source's own places |
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

__all__ = ["Reference", "filled_in", "json_path", "normalise", "of_field"]

_PLACEHOLDER = "{click_id}"


@dataclass(frozen=True)
class Reference:
    """One parsed reference: a constant, or a column with an optional query parameter, or whether it is there."""

    column: str = ""
    param: str | None = None
    constant: str | None = None
    presence: bool = False

    @property
    def is_read(self) -> bool:
        """Whether its value is read from a row."""
        return self.constant is None and not self.presence

    @property
    def is_cell(self) -> bool:
        """Whether its value is that of a column, or of a key inside one."""
        return self.is_read and self.param is None

    @classmethod
    def parse(cls, text: str) -> "Reference":
        """The reference that `text` writes."""
        if text.startswith("="):
            return cls(constant=text[1:])
        if text.endswith("!"):
            return cls(column=text[:-1], presence=True)
        column, mark, param = text.partition("?")
        return cls(column=column, param=param if mark else None)


def filled_in(references: Iterable[str], click_id_params: Sequence[str]) -> list[str]:
    """The references, each once; one with `{click_id}` stands for one per parameter of the program, in their order."""
    texts = (
        text.replace(_PLACEHOLDER, param)
        for text in references
        for param in (click_id_params if _PLACEHOLDER in text else ("",))
    )
    return list(dict.fromkeys(texts))


def of_field(reference: str, fields: Mapping[str, Sequence[str]]) -> Sequence[str]:
    """What a reference to a field (`@order_id`, `@order_id!`) stands for; any other stands for itself."""
    name, mark, _ = reference.partition("!")
    if not name.startswith("@") or name[1:] not in fields:
        return (reference,)
    return [f"{text}{mark}" for text in fields[name[1:]]]


@lru_cache(maxsize=1 << 16)
def normalise(name: str) -> str:
    """A column's name as it is compared: no BOM, braces, brackets, blanks, underscores; lower case."""
    name = name.strip().lstrip("\ufeff").strip()
    if name[:1] + name[-1:] in ("{}", "[]"):
        name = name[1:-1]
    return re.sub(r"[\s_{}\[\]]+", "", name).lower()


def json_path(steps: Sequence[str]) -> str:
    """The JSON path to the value under these keys, one inside the other."""
    return "$" + "".join('."' + step.replace('"', '\\"') + '"' for step in steps)
