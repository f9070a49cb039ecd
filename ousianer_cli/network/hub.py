"""The Hugging Face hub, from which encoders may come: asked only where it answers."""

from __future__ import annotations

import contextlib
import logging
import os
import socket
import threading
from collections.abc import Iterator
from functools import cache
from urllib.parse import urlsplit
from urllib.request import getproxies

_PATIENCE = 3.0
"""Seconds in which the hub, or the proxy before it, must take a connection. The client itself waits for minutes."""


@contextlib.contextmanager
def quiet_hub() -> Iterator[None]:
    """Without what the Hugging Face client says of each try to reach the hub; what came of them is in its error."""
    logger = logging.getLogger("huggingface_hub")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)


@cache
def hub_answers() -> bool:
    """Whether the hub, or the proxy before it, takes a connection; tried once."""
    if os.environ.get("HF_HUB_OFFLINE", "0").lower() in ("1", "true", "yes", "on"):
        return False
    hub = os.environ.get("HF_ENDPOINT") or "https://huggingface.co"
    proxies = getproxies()
    address = urlsplit(proxies.get("https") or proxies.get("all") or hub)
    answered = threading.Event()

    def ask() -> None:  # in a thread, since a name may take its time to be looked up
        place = (address.hostname or "", address.port or (80 if address.scheme == "http" else 443))
        with contextlib.suppress(OSError, UnicodeError), socket.create_connection(place, timeout=_PATIENCE):
            answered.set()

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(_PATIENCE)
    return answered.is_set()


def not_there(reason: str) -> str:
    """What is said of an encoder that was not found, with the client's own reason where the hub was asked."""
    if hub_answers():
        return f"found neither ({reason})"
    return f"found neither on this machine, and the hub does not answer ({reason}); give the folder of one that is here"
