"""Oplead: `/leads`, `/subscriptions` and the import of web forms, `/addlead/`; the same under `/v1/`.

Leads are named by our id or by their external reference. What is not known of the original (methods, answers, events)
is ours, and in the OpenAPI document.
"""

from connector.dialects.oplead import files, hooks, leads
from connector.dialects.oplead.door import ROOTS, oplead

__all__ = ["ROOTS", "files", "hooks", "leads", "oplead"]
