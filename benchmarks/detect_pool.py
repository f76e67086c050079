"""Estates side by side in processes of their own, one at a time in each, with their progress on standard error."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, wait
from contextlib import ExitStack
from multiprocessing import get_context
from multiprocessing.queues import Queue
from queue import Empty
from typing import TypeVar

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from benchmarks.detect_worlds import Told, World

T = TypeVar("T")
Work = Callable[[World, Told], Iterator[T]]  # a result a setting

LOOK_S = 0.5
News = tuple[int, int, str, float]  # world, settings done, what is done, how much of it

_queue: "list[Queue[News]]" = []  # of a worker: its line to the parent


def _connect(queue: "Queue[News]") -> None:
    _queue.append(queue)


def _work(work: Work[T], number: int, world: World) -> list[T]:
    done: list[T] = []
    done.extend(work(world, lambda what, share: _queue[0].put((number, len(done), what, share))))
    return done


def run_all(worlds: Sequence[World], work: Work[T], *, processes: int) -> list[T]:
    """What `work` gives for every world, in their order. A process ends with its world, and its memory is free."""
    context = get_context("spawn")
    queue: Queue[News] = context.Queue()
    with ExitStack() as stack:
        bar = stack.enter_context(_bar())
        pool = stack.enter_context(
            ProcessPoolExecutor(
                max(1, min(processes, len(worlds))), context, initializer=_connect, initargs=(queue,),
                max_tasks_per_child=1,
            )
        )  # fmt: skip
        tasks = [bar.add_task(f"{w.generator} {w.seed}", total=len(w.settings), what="") for w in worlds]
        futures = [pool.submit(_work, work, number, world) for number, world in enumerate(worlds)]
        _watch(futures, queue, bar, tasks)
        return [run for future in futures for run in future.result()]


def _bar() -> Progress:
    columns = (TextColumn("{task.description:<16}"), BarColumn(), TextColumn("{task.fields[what]:<14}"),
               TimeElapsedColumn())  # fmt: skip
    return Progress(*columns, console=Console(stderr=True))


def _watch(futures: Sequence[Future[list[T]]], queue: "Queue[News]", bar: Progress, tasks: Sequence[TaskID]) -> None:
    """Show what the workers say until all are done; the first that fails ends it."""
    left = set(futures)
    while left:
        done, left = wait(left, timeout=LOOK_S)
        for future in done:
            future.result()
            bar.update(tasks[futures.index(future)], what="done", completed=bar.tasks[futures.index(future)].total)
        for number, finished, what, share in _news(queue):
            bar.update(tasks[number], what=what, completed=finished + (share if what == "sweep" else 0))


def _news(queue: "Queue[News]") -> list[News]:
    """What has come in."""
    found: list[News] = []
    while True:
        try:
            found.append(queue.get_nowait())
        except Empty:
            return found
