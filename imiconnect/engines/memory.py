"""Python's garbage collector in processes that load much at their start and then serve."""

import gc
import threading

#: Objects made and not freed before the young ones are looked at (700 unless set): a page or a
#: batch of messages makes thousands that end with it.
_YOUNG, _MIDDLE, _OLD = 20_000, 20, 20


def settle() -> None:
    """Take what the start has loaded out of the collector's rounds; call it once, when ready.

    A full round over it stops everything for a tenth of a second. Only in a process's main
    thread: a server that runs in a thread of something else does not own the process.
    """
    if threading.current_thread() is not threading.main_thread():
        return
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG, _MIDDLE, _OLD)
