"""The proof that a storage keeps the Store contract. Inherit `StoreContract` and give it a fixture `new_store`:

    class TestMyStore(StoreContract):
        @pytest.fixture
        def new_store(self) -> Store:
            return MyStore(...)  # empty

Every promise of `connector.storage.contract` is one test here.
"""

from __future__ import annotations

from connector.storage.suite.events import EventPromises
from connector.storage.suite.queries import QueryPromises
from connector.storage.suite.records import RecordPromises
from connector.storage.suite.sight import SightPromises
from connector.storage.suite.tables import TablePromises
from connector.storage.suite.units import UnitPromises


class StoreContract(RecordPromises, QueryPromises, SightPromises, EventPromises, UnitPromises, TablePromises):
    """All promises together."""
