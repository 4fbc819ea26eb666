"""The WSGI app (`app:app` for any WSGI server), and `python app.py` to serve it."""

from __future__ import annotations

from typing import Any

from connector.service import create_app, serve
from connector.settings import load


def __getattr__(name: str) -> Any:
    """Open the house only when a server asks for `app`, never on a mere import."""
    if name != "app":
        raise AttributeError(name)
    globals()["app"] = create_app()
    return globals()["app"]


if __name__ == "__main__":
    serve(load())
