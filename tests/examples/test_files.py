"""The examples inside the shipped files hold, on every storage."""

import pytest

from connector.engine import examples
from connector.events import samples
from tests.plugins.desk import shipped
from tests.plugins.stores import KINDS, MakeStore

ACTIONS = [(key, i) for key, action in shipped().actions.items() for i in range(len(action.examples))]
TRIGGERS = [(key, i) for key, trigger in shipped().triggers.items() for i in range(len(trigger.examples))]
SEARCHES = [(key, i) for key, search in shipped().searches.items() for i in range(len(search.examples))]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("key", "number"), ACTIONS)
def test_an_action_does_what_its_example_says(kind: str, key: str, number: int, make_world: MakeStore) -> None:
    action = shipped().actions[key]
    assert examples.check(shipped(), make_world(kind), action, number, action.examples[number]) == []


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("key", "number"), TRIGGERS)
def test_a_trigger_gives_the_item_its_example_shows(kind: str, key: str, number: int, make_world: MakeStore) -> None:
    trigger = shipped().triggers[key]
    assert samples.check(shipped(), make_world(kind), trigger, number, trigger.examples[number]) == []


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("key", "number"), SEARCHES)
def test_a_search_finds_what_its_example_says(kind: str, key: str, number: int, make_world: MakeStore) -> None:
    search = shipped().searches[key]
    assert examples.check_search(shipped(), make_world(kind), search, number, search.examples[number]) == []


@pytest.mark.parametrize("key", sorted(shipped().actions))
def test_every_action_shows_at_least_two_examples(key: str) -> None:
    assert len(shipped().actions[key].examples) >= 2
