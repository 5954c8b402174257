"""What the fork server has loaded before the first job comes, so that a job's process computes within milliseconds.

Only loaded: the server itself never computes, for a process that has used torch's threads must not be forked.
"""

from __future__ import annotations

import os
from importlib import import_module

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "semeia.web.settings")
django.setup()
for name in (
    "rich.progress",
    "safetensors.torch",
    "scipy.signal",
    "semeia.cli.detect",
    "semeia.cli.predict_images",
    "semeia.explanation.explain_image",
    "semeia.inference.slide",
    "semeia.networks.channelwise",
    "semeia.networks.convnet",
    "semeia.networks.small_resnet",
    "semeia.transforms.raw",
    "semeia.web.classifications",
    "semeia.web.findings",
    "captum.attr",  # a second, for it loads matplotlib
):
    import_module(name)
