"""Files that no row knows: a crash came before the commit, or what they are of is gone.

Files of messages lie in ``FOLDER``, recordings of calls in ``RECORDINGS``, each in a folder
of its app or organization. The name of a file begins with the id of its row.
"""

import datetime as dt
import uuid
from collections.abc import Callable, Iterable, Iterator

from django.core.files.storage import default_storage

from imiconnect.identity import first_uuid7_at
from imiconnect.rtm.models import MediaFile, Recording

FOLDER = "rtm"
RECORDINGS = "recordings"
#: What is younger may be waiting for its commit.
PATIENCE = dt.timedelta(days=1)
_AT_ONCE = 500
_PREVIEW = "-preview"
#: Letters of a key; what a storage puts behind it keeps names apart.
_KEY = 36


#: The path of the file of each row that is known; ``None`` for one whose files all stay.
Paths = dict[uuid.UUID, str | None]


def delete_unknown(now: dt.datetime) -> int:
    """Delete stored files, previews and recordings that are of no row; return how many.

    The id of a row says when it was made.
    """
    before = first_uuid7_at(now - PATIENCE)
    files = _delete_below(FOLDER, before, _of_files)
    return files + _delete_below(RECORDINGS, before, _of_recordings)


def _of_files(keys: Iterable[uuid.UUID]) -> Paths:
    return dict(MediaFile.objects.filter(pk__in=keys).values_list("pk", "path"))


def _of_recordings(keys: Iterable[uuid.UUID]) -> Paths:
    """Leave those that are being fetched: the row is as old as the call, the file is not.

    After a crash between file and row the recording is fetched once more, under a name that
    the storage makes, and then its row knows only that one.
    """
    rows = Recording.objects.filter(pk__in=keys).values_list("pk", "state", "path")
    waiting = Recording.State.WAITING
    return {key: None if state == waiting else path for key, state, path in rows}


def _delete_below(
    top: str, before: uuid.UUID, of: Callable[[Iterable[uuid.UUID]], Paths]
) -> int:
    total = 0
    for folder in _folders(top):
        _folders_in, names = default_storage.listdir(folder)
        old = list(_old(names, before))
        for start in range(0, len(old), _AT_ONCE):
            part = old[start : start + _AT_ONCE]
            known = of({key for key, _name in part})
            lost = [name for key, name in part if not _is_known(known, key, folder, name)]
            for name in lost:
                default_storage.delete(f"{folder}/{name}")
            total += len(lost)
    return total


def _is_known(known: Paths, key: uuid.UUID, folder: str, name: str) -> bool:
    path = known.get(key, "")
    return path is None or path == f"{folder}/{name.removesuffix(_PREVIEW)}"


def _folders(top: str) -> list[str]:
    if not default_storage.exists(top):
        return []
    names, _files = default_storage.listdir(top)
    return [f"{top}/{name}" for name in sorted(names)]


def _old(names: Iterable[str], before: uuid.UUID) -> Iterator[tuple[uuid.UUID, str]]:
    """Yield the keys and names of files that are older; what is not named by a key stays."""
    for name in names:
        try:
            key = uuid.UUID(name[:_KEY])
        except ValueError:
            continue
        if key < before:
            yield key, name
