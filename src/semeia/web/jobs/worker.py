"""``python -m semeia.web.jobs.worker``: runs the jobs that the page queues, until it or who started it ends."""

from __future__ import annotations

import os

import django

__all__ = ["main"]


def main() -> None:
    """Run jobs."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "semeia.web.settings")
    django.setup()
    from semeia.web.jobs.supervisor import Supervisor  # Django's models come after its set-up

    Supervisor().run()


if __name__ == "__main__":
    main()
