"""A user's JSON, whose every fault is one exception: `json.loads` has three, and lets pass what cannot be written."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any


class JsonFault(ValueError):
    """Text that is no JSON, or none that can be kept; the message says why, in half a line."""

    def __init__(self, why: str, line: int = 1) -> None:
        super().__init__(why)
        self.line = line


def parse_json(text: str, *, pairs: Callable[[list[tuple[str, Any]]], Any] | None = None) -> Any:
    """The value that a text holds.

    Args:
        pairs: what makes an object of its keys and values; a dict without it.
    Raises:
        JsonFault: no JSON, nested too deep to be read, a number of thousands of digits, or half a surrogate pair.
    """
    try:
        value = json.loads(text, object_pairs_hook=pairs)
    except json.JSONDecodeError as error:
        raise JsonFault(f"{error.msg} at column {error.colno}", error.lineno) from None
    except RecursionError:
        raise JsonFault("nested too deep") from None
    except ValueError:
        raise JsonFault("a number too long") from None
    if "\\u" in text:
        try:
            json.dumps(value, ensure_ascii=False).encode()
        except UnicodeEncodeError:
            raise JsonFault("half a surrogate pair, which is no character") from None
    return value
