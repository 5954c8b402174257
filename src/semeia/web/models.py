"""What the database holds: people, projects, recordings, what was marked in them, pictures, and jobs.

Every row but a person's belongs to a project, and every route asks `semeia.web.permission` for it. Marks and verdicts
are only ever appended: a change is a new row that replaces another.
"""

from __future__ import annotations

import secrets
from typing import ClassVar

from django.contrib.auth.models import AbstractUser
from django.db import models

__all__ = [
    "Answer",
    "Finding",
    "ImageSet",
    "Job",
    "Mark",
    "Membership",
    "OwnMontage",
    "Patient",
    "Picture",
    "Project",
    "Queue",
    "Recording",
    "Track",
    "Upload",
    "User",
    "Verdict",
]


def new_id() -> str:
    """Return a random id: 16 hexadecimal digits."""
    return secrets.token_hex(8)


class _Row(models.Model):
    id = models.CharField(primary_key=True, max_length=16, default=new_id, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        abstract = True


class User(AbstractUser):
    """Who signs in."""


class Project(_Row):
    """What people work on together; nothing in one project is seen from another."""

    name = models.CharField(max_length=200)
    members = models.ManyToManyField(User, through="Membership", related_name="projects")


class Membership(_Row):
    """What a person may do in a project."""

    class Role(models.TextChoices):
        """From looking on to deciding who may."""

        READER = "reader"
        EDITOR = "editor"
        OWNER = "owner"

    user = models.ForeignKey(User, on_delete=models.CASCADE)
    project = models.ForeignKey(Project, on_delete=models.CASCADE)
    role = models.CharField(max_length=10, choices=Role.choices)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["user", "project"], name="one_role_a_project")]


class _Owned(_Row):
    project = models.ForeignKey(Project, on_delete=models.CASCADE)

    class Meta:
        abstract = True


class Patient(_Owned):
    """Whose recordings they are; `name` is what the project calls the patient."""

    name = models.CharField(max_length=200)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["project", "name"], name="one_patient_a_name")]


class Recording(_Owned):
    """An EEG file: where it lies (`path`, never told to the page), and what its header says."""

    patient = models.ForeignKey(Patient, on_delete=models.RESTRICT, related_name="recordings")
    name = models.CharField(max_length=255)
    path = models.TextField()
    copied = models.BooleanField(help_text="Whether the file lies in the home folder and goes when the row goes.")
    size = models.BigIntegerField()
    modified_ns = models.BigIntegerField()
    duration = models.FloatField(help_text="seconds")
    started_at = models.DateTimeField(null=True, help_text="Clock time of the first sample, as written in the file.")
    channels = models.JSONField(help_text="[{label, rate, unit}, ...]")
    gaps = models.JSONField(default=list, help_text="[[start, stop], ...] in seconds")
    notes = models.TextField(blank=True, help_text="What readers write on the background, for the report.")

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["project", "path"], name="one_row_a_file")]


class OwnMontage(_Owned):
    """A montage that somebody made; never changed, only replaced, so that a page knows what it shows."""

    name = models.CharField(max_length=100)
    derivations = models.JSONField(help_text="[[label, {electrode: weight}], ...]")

    class Meta:
        verbose_name = "montage"
        constraints: ClassVar = [models.UniqueConstraint(fields=["project", "name"], name="one_montage_a_name")]


class Mark(_Owned):
    """An event as `semeia.events.Event`, and who changed it when; `removed` ends it.

    The events of a recording are the marks that no other replaces and that are not `removed`. That one mark replaces
    another only once is what two tabs that change the same event run into.
    """

    recording = models.ForeignKey(Recording, on_delete=models.CASCADE, related_name="marks")
    onset = models.FloatField(help_text="seconds")
    duration = models.FloatField(help_text="seconds")
    label = models.CharField(max_length=200, default="seizure")
    channels = models.JSONField(default=list)
    confidence = models.FloatField(null=True)
    author = models.CharField(max_length=200, blank=True)
    source = models.CharField(max_length=200, blank=True)
    status = models.CharField(max_length=10, default="accepted")
    comment = models.TextField(blank=True)
    removed = models.BooleanField(default=False)
    replaces = models.OneToOneField("self", null=True, on_delete=models.RESTRICT, related_name="replaced_by")
    user = models.ForeignKey(User, null=True, on_delete=models.SET_NULL)

    class Meta:
        verbose_name = "event"
        indexes: ClassVar = [models.Index(fields=["recording", "onset"])]


class ImageSet(_Owned):
    """The images of a folder (`path`, never told to the page), or those that were dropped on the page."""

    name = models.CharField(max_length=255)
    path = models.TextField()
    copied = models.BooleanField(help_text="Whether the files lie in the home folder and go when the row goes.")
    classes = models.JSONField(default=list, help_text="What its pictures came labelled as, in order")
    twins = models.JSONField(null=True, help_text="What the leak guard counted; null where it has not looked")

    class Meta:
        verbose_name = "image set"
        constraints: ClassVar = [models.UniqueConstraint(fields=["project", "path"], name="one_set_a_folder")]


class Picture(_Owned):
    """An image file of a set: where it lies, what it says of itself, and as what it came labelled.

    One that cannot be read has a `problem`, and no size.
    """

    set = models.ForeignKey(ImageSet, on_delete=models.CASCADE, related_name="pictures")
    name = models.TextField(help_text="Its path below the set's folder")
    path = models.TextField()
    size = models.BigIntegerField()
    modified_ns = models.BigIntegerField()
    kind = models.CharField(max_length=10, blank=True, help_text="PNG, JPEG, TIFF, DICOM, NIfTI")
    width = models.IntegerField(default=0)
    height = models.IntegerField(default=0)
    frames = models.IntegerField(default=0)
    label = models.CharField(max_length=200, blank=True)
    patient = models.CharField(max_length=200, blank=True, help_text="Empty where nothing says whose it is")
    group = models.CharField(max_length=16, blank=True, help_text="The same for twins; empty without")
    problem = models.TextField(blank=True, help_text="Why it cannot be read, in one line.")

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["set", "path"], name="one_picture_a_file")]


class Verdict(_Owned):
    """What a person says that a picture shows; `removed` takes it back.

    Of a picture, the verdict is the one that no other replaces. Only one is the first, and one replaces another only
    once: that is what two tabs that judge the same picture run into.
    """

    class Status(models.TextChoices):
        """Whether it is what was said before: by the label it came with, or by a model where it came with none."""

        CONFIRMED = "confirmed"
        CORRECTED = "corrected"

    picture = models.ForeignKey(Picture, on_delete=models.CASCADE, related_name="verdicts")
    label = models.CharField(max_length=200)
    status = models.CharField(max_length=10, choices=Status.choices)
    removed = models.BooleanField(default=False)
    replaces = models.OneToOneField("self", null=True, on_delete=models.RESTRICT, related_name="replaced_by")
    user = models.ForeignKey(User, null=True, on_delete=models.SET_NULL)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["picture"], condition=models.Q(replaces__isnull=True), name="one_first_verdict_a_picture"
            )
        ]


class Queue(_Owned):
    """Questions to label: windows of recordings, or the pictures of a set, as a model's network sees them.

    What the network makes of them lies in ``home/queues/ID.npz`` (`semeia.active.unlabelled`), whose rows are the
    numbers of the candidates.
    """

    name = models.CharField(max_length=200)
    model = models.CharField(max_length=200)
    strategy = models.CharField(max_length=200)
    classes = models.JSONField(help_text="What a person may say, the negative one first")
    readers = models.IntegerField(default=1, help_text="How many people are asked about each, without seeing the other")
    recordings = models.ManyToManyField(Recording, related_name="queues")
    images = models.ForeignKey(ImageSet, null=True, on_delete=models.CASCADE, related_name="queues")
    job = models.ForeignKey("Job", null=True, on_delete=models.SET_NULL, help_text="Which looked at the files")
    automatic = models.FloatField(null=True, help_text="Confidence from which on a label needs no person; null: none")


class Answer(_Owned):
    """What a person says of a candidate; empty where they are unsure; `removed` takes it back.

    Of each reader, the answer is the one that no other replaces. What `settles` ends a disagreement, whoever gives it.
    """

    queue = models.ForeignKey(Queue, on_delete=models.CASCADE, related_name="answers")
    candidate = models.IntegerField()
    label = models.CharField(max_length=200, blank=True)
    comment = models.TextField(blank=True)
    settles = models.BooleanField(default=False)
    removed = models.BooleanField(default=False)
    replaces = models.OneToOneField("self", null=True, on_delete=models.RESTRICT, related_name="replaced_by")
    user = models.ForeignKey(User, null=True, on_delete=models.SET_NULL)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["queue", "candidate", "user", "settles"],
                condition=models.Q(replaces__isnull=True),
                name="one_first_answer_a_reader",
            )
        ]


class Job(_Owned):
    """A command line that a worker runs as a child process (see `semeia.web.jobs`)."""

    class State(models.TextChoices):
        """Where it stands; the last three are the end."""

        QUEUED = "queued"
        RUNNING = "running"
        STOPPING = "stopping"
        DONE = "done"
        FAILED = "failed"
        CANCELLED = "cancelled"

    kind = models.CharField(max_length=20)
    recording = models.ForeignKey(Recording, null=True, on_delete=models.CASCADE, related_name="jobs")
    images = models.ForeignKey(ImageSet, null=True, on_delete=models.CASCADE, related_name="jobs")
    user = models.ForeignKey(User, null=True, on_delete=models.SET_NULL)
    parameters = models.JSONField(default=dict)
    argv = models.JSONField(default=list)
    state = models.CharField(max_length=10, choices=State.choices, default=State.QUEUED)
    attempt = models.IntegerField(default=0)
    process = models.IntegerField(null=True, help_text="process id")
    process_started = models.FloatField(null=True, help_text="when that process started, seconds since the epoch")
    heartbeat = models.DateTimeField(null=True)
    message = models.TextField(blank=True, help_text="Why it failed, in one line.")
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["state", "created_at"])]


class Track(_Owned):
    """The probability track that a model gave a recording; the values lie in ``home/tracks/ID.npy`` (float32)."""

    recording = models.ForeignKey(Recording, on_delete=models.CASCADE, related_name="tracks")
    job = models.ForeignKey(Job, null=True, on_delete=models.SET_NULL)
    model = models.CharField(max_length=200)
    window = models.FloatField(help_text="seconds")
    hop = models.FloatField(help_text="seconds")
    operating_point = models.JSONField(help_text="threshold, smoothing, minimum_duration, merge_gap")


class Finding(_Owned):
    """What a model says of a picture: its class (`says`), and the `probabilities` of `classes`, in their order."""

    picture = models.ForeignKey(Picture, on_delete=models.CASCADE, related_name="findings")
    job = models.ForeignKey(Job, null=True, on_delete=models.SET_NULL)
    model = models.CharField(max_length=200)
    says = models.CharField(max_length=200)
    classes = models.JSONField()
    probabilities = models.JSONField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["picture", "model"], name="one_finding_a_model")]


class Upload(_Owned):
    """A file that is coming in: `received` bytes of `size` lie in ``home/uploads/ID.part``."""

    user = models.ForeignKey(User, null=True, on_delete=models.SET_NULL)
    name = models.CharField(max_length=255)
    folder = models.TextField(blank=True, help_text="Folders it was dropped with, such as chest_xray/NORMAL")
    size = models.BigIntegerField()
    received = models.BigIntegerField(default=0)
