"""What a model of any sort is: a description, a network, and a folder that holds both."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from semeia.errors import ModelError
from semeia.home import replacing_folder
from semeia.model.description import AnyDescription, installed

if TYPE_CHECKING:
    from torch import nn

    from semeia.inference.files import FileScorer

__all__ = ["Kept", "folder_of", "load_weights"]


D = TypeVar("D", bound=AnyDescription)


class Kept(Generic[D]):
    """A trained network and what ``model.json`` says of it.

    Parameters
    ----------
    description : Description or ImageDescription
    module : nn.Module
        Is put in evaluation mode.
    folder : Path, optional
        Where it was loaded from.
    """

    def __init__(self, description: D, module: nn.Module, folder: Path | None = None) -> None:
        self.description = description
        self.module = module.eval()
        self.folder = folder

    @property
    def name(self) -> str:
        """Name of the model."""
        return self.description.name

    def save(
        self, folder: str | Path, *, recipe: str, metrics: dict[str, Any], card: str, files: FileScorer | None = None
    ) -> None:
        """Write the model's folder: whole or not at all.

        Parameters
        ----------
        folder : str or Path
            Replaced if it is there.
        recipe, card : str
            Texts of ``recipe.toml`` and ``card.md``.
        metrics : dict
            What ``metrics.json`` says.
        files : FileScorer, optional
            How whole files are scored.

        Raises
        ------
        StorageError
        """
        from safetensors.torch import save

        with replacing_folder(folder) as part:
            tensors = {name: value.contiguous() for name, value in self.module.state_dict().items()}
            (part / "weights.safetensors").write_bytes(save(tensors))
            (part / "model.json").write_text(self.description.model_dump_json(indent=2) + "\n", encoding="utf-8")
            (part / "recipe.toml").write_text(recipe, encoding="utf-8")
            (part / "metrics.json").write_text(json.dumps(metrics, indent=2) + "\n", encoding="utf-8")
            (part / "card.md").write_text(card, encoding="utf-8")
            if files is not None:
                files.write(part)


def folder_of(name: str | Path) -> Path:
    """Return the folder of a model, which may be given by its name.

    Raises
    ------
    ModelError
        If there is none.
    """
    folder = Path(name)
    if (folder / "model.json").is_file():
        return folder
    known = installed()
    if str(name) not in known:
        raise ModelError(
            f"model {str(name)!r}: neither a model's folder nor installed ({', '.join(known) or 'none is'})"
        )
    return known[str(name)]


def load_weights(module: nn.Module, folder: Path) -> None:
    """Give a network the weights of a folder.

    Raises
    ------
    ModelError
        If they are missing, damaged, or do not fit.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        module.load_state_dict(load_file(folder / "weights.safetensors"))
    except FileNotFoundError:
        raise ModelError(f"{folder.name}: weights.safetensors is missing; the model is incomplete") from None
    except (SafetensorError, RuntimeError, OSError) as error:
        reason = str(error).splitlines()[-1].strip()
        raise ModelError(
            f"{folder.name}/weights.safetensors: does not fit model.json or is damaged ({reason})"
        ) from error
    if not all(bool(values.isfinite().all()) for values in module.state_dict().values()):
        raise ModelError(f"{folder.name}/weights.safetensors: holds NaN or infinite weights; train anew")
