"""Pictures for tests, made where they are needed."""

import io

from PIL import Image


def a_picture(kind="PNG", size=(40, 20), colour=(200, 30, 30), **more):
    """A picture of one colour, as the bytes of a file."""
    mode = "RGBA" if len(colour) == 4 else "RGB"
    file = io.BytesIO()
    Image.new(mode, size, colour).save(file, kind, **more)
    return file.getvalue()


def opened(data):
    """The picture in these bytes."""
    picture = Image.open(io.BytesIO(data))
    picture.load()
    return picture
