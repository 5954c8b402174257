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
    "semeia.inference.slide",
    "semeia.networks.channelwise",
    "semeia.networks.convnet",
    "semeia.transforms.raw",
    "semeia.web.findings",
):
    import_module(name)
