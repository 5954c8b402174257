"""What was measured and explained becomes one self-contained page that opens anywhere, without any network.

Importing this room loads neither jinja2 nor matplotlib.
"""

from semeia.explanation import Picture
from semeia.report.evaluate import check_place, evaluated, evaluated_folds, evaluated_images
from semeia.report.folds import is_cross_validation
from semeia.report.page import write_report

__all__ = [
    "Picture",
    "check_place",
    "evaluated",
    "evaluated_folds",
    "evaluated_images",
    "is_cross_validation",
    "write_report",
]
