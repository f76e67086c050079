"""Waiting for the first of several things."""

import asyncio
from collections.abc import Awaitable
from contextlib import suppress
from typing import Any


async def first(*things: Awaitable[Any], within_s: float | None = None) -> None:
    """Return when one of `things` is done, or after `within_s` seconds.

    Coroutines among them are cancelled then; tasks stay as they are. A failure of a coroutine is raised.
    """
    own = [asyncio.ensure_future(thing) for thing in things if asyncio.iscoroutine(thing)]
    others = [thing for thing in things if isinstance(thing, asyncio.Future)]
    try:
        await asyncio.wait([*own, *others], timeout=within_s, return_when=asyncio.FIRST_COMPLETED)
        for task in own:
            if task.done():
                task.result()
    finally:
        for task in own:
            await cancelled(task)


async def cancelled(task: "asyncio.Future[Any]") -> None:
    """Cancel a task and wait until it is over."""
    if not task.done():
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
