"""Pages from templates: every text escaped, styles and scripts inside, and nothing else allowed to load or run."""

import hashlib
from base64 import b64encode
from collections.abc import Mapping
from importlib import resources
from typing import TYPE_CHECKING, Any

from mmpsync.figures import counted, currency, moment, number
from mmpsync.masking import brief, short_path
from mmpsync.report.html_overview import largest_first
from mmpsync.report.outcome import condition_value

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

__all__ = ["page"]


def page(template: str, contents: Mapping[str, Any]) -> str:
    """Fill a template; it finds `style`, `script` and their `policy` beside the contents."""
    style, script = _asset("report.css"), _asset("report.js")
    assets = {
        "style": style,
        "script": script,
        "policy": f"default-src 'none'; style-src {_hash(style)}; script-src {_hash(script)};"
        " base-uri 'none'; form-action 'none'",
    }
    return _environment().get_template(template).render(assets | dict(contents)) + "\n"


def _environment() -> "Environment":
    """Templates that escape every text."""
    from jinja2 import Environment, PackageLoader, StrictUndefined  # noqa: PLC0415

    environment = Environment(
        loader=PackageLoader("mmpsync.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "brief": brief,
        "code": _code,
        "condition_value": condition_value,
        "counted": counted,
        "currency": currency,
        "largest_first": largest_first,
        "moment": moment,
        "number": number,
        "short_path": short_path,
    }
    return environment


def _code(text: str) -> "Markup":
    """Set the words of the catalogue: what stands in backquotes is to be typed or read literally."""
    from markupsafe import Markup  # noqa: PLC0415

    literal = Markup("<code>{}</code>")
    return Markup("").join(
        literal.format(piece) if n % 2 else piece for n, piece in enumerate(text.split("`"))
    )


def _asset(name: str) -> "Markup":
    from markupsafe import Markup  # noqa: PLC0415

    return Markup((resources.files("mmpsync.report") / "templates" / name).read_text("utf-8"))  # noqa: S704


def _hash(text: str) -> str:
    return f"'sha256-{b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
