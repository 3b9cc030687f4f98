"""The task that chains what has been recorded; a lost one costs ten seconds."""

from imiconnect.audit import chain
from imiconnect.celery import app as celery


@celery.task(name="audit.extend_chain")
def extend_chain() -> int:
    """Chain committed entries until none is left."""
    done = 0
    while found := chain.extend():
        done += found
    return done


celery.add_periodic_task(
    10.0, celery.signature(extend_chain.name), name=extend_chain.name, queue="default"
)
