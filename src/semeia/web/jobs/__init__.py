"""Jobs: rows of the database that a worker runs as child processes, each the command line that a person could type.

::

    commands.py     builds every command line
    lifecycle.py    what may become of a job, as rows: queued, claimed, stopped, ended, run again
    progress.py     the files that say how far a job is
    worker.py       ``python -m semeia.web.jobs.worker``: runs jobs, one after the other or several at once
    child.py        a job's process, from a fork server with torch loaded
"""
