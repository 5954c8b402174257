"""The page's API: JSON, and binary for signals and pixels.

The page's client is made from its description at ``/api/docs``.
"""

from __future__ import annotations

from ninja import NinjaAPI

from semeia.web.api.access import SignedIn, signed_in
from semeia.web.api.answers import explain_errors
from semeia.web.api.consensus import router as consensus
from semeia.web.api.datasets import router as datasets
from semeia.web.api.event_files import router as event_files
from semeia.web.api.events import router as events
from semeia.web.api.find import router as find
from semeia.web.api.image_sets import router as image_sets
from semeia.web.api.imports import router as imports
from semeia.web.api.installed import router as installed
from semeia.web.api.jobs import router as jobs
from semeia.web.api.library import router as library
from semeia.web.api.montages import router as montages
from semeia.web.api.pictures import router as pictures
from semeia.web.api.questions import router as questions
from semeia.web.api.queues import router as queues
from semeia.web.api.recipes import router as recipes
from semeia.web.api.reports import router as reports
from semeia.web.api.session import router as session
from semeia.web.api.signals import router as signals
from semeia.web.api.stream import router as stream
from semeia.web.api.trainings import router as trainings
from semeia.web.api.worth import router as worth

__all__ = ["api"]

api = NinjaAPI(title="Semeia", version="1", auth=SignedIn(), docs_url="/docs", docs_decorator=signed_in)
explain_errors(api)
for router in (
    session,
    library,
    imports,
    events,
    event_files,
    consensus,
    montages,
    signals,
    reports,
    image_sets,
    pictures,
    installed,
    worth,
    find,
    datasets,
    recipes,
    trainings,
    queues,
    questions,
    jobs,
    stream,
):
    api.add_router("", router)
