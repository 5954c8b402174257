"""Networks: transformed examples become class scores. The catalogue and the shapes need no torch."""

from semeia.networks.catalogue import NetworkEntry, build, check_fits, entry_of, names, takes_any_channels, title

__all__ = ["NetworkEntry", "build", "check_fits", "entry_of", "names", "takes_any_channels", "title"]
