"""Images, where the other loop begins: an image file becomes an `Image` of pixels whose values keep their meaning.

PNG, JPEG and TIFF through Pillow, DICOM through pydicom, NIfTI through nibabel; each is loaded when a file needs it.
"""

from semeia.images.image import Image, as_shown, luminance
from semeia.images.opening import files_under, open_image

__all__ = ["Image", "as_shown", "files_under", "luminance", "open_image"]
