"""Loading: every problem with its file, pointer, reason and hint; folders laid over each other."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from connector.catalog.load import load
from connector.catalog.model import Catalog
from connector.errors import CatalogError, Problem

Files = dict[str, Any]
Write = Callable[[Path, Files], Path]

LEAD, RENAME = "entities/lead.json", "actions/lead/rename.json"
RENAMED, FIND = "triggers/renamed.json", "searches/find_lead.json"

BROKEN: list[tuple[str, str, Any, str, str]] = [
    # file, JSON pointer of what is put there, what, the reason, a part of the hint
    (RENAME, "/titel", "x", "'titel' is not known here", "Did you mean 'title'?"),
    (RENAME, "/key", "Rename!", "'Rename!' does not have the right form", "Small letters"),
    (RENAME, "/on", "laed", "there is no entity 'laed'", "Did you mean 'lead'?"),
    (RENAME, "/examples", [], "there is too little in it", "At least one worked example"),
    (RENAME, "/bind/0/pick", "fisrt", "'fisrt' is not one of the choices", "Did you mean 'first'?"),
    (RENAME, "/bind/0/find", "usr", "there is no entity 'usr'", "Did you mean 'user'?"),
    (RENAME, "/bind/0/name", "lead", "'lead' is already the name of something else", "Choose another name"),
    (RENAME, "/bind/0/where/is_activ", True, "user has no field 'is_activ'", "Did you mean 'is_active'?"),
    (RENAME, "/bind/0/where/emial", {"gt": 1}, "user has no field 'emial'", "Did you mean 'email'?"),
    (RENAME, "/bind/0/where/email", {"gte": 1, "like": 2}, "there is no operator 'like'", "Known: eq"),
    (RENAME, "/bind/0/where/email/in", 5, "'in' needs a list", '{"in"'),
    (RENAME, "/bind/0/where/is_active", "yes", "user.is_active holds a boolean", "can hold"),
    (RENAME, "/bind/0/where/email/in", ["a", 5], "user.email holds a string", "can hold"),
    (RENAME, "/do/0/set/amount", "much", "lead.amount holds a number", "fits"),
    (RENAME, "/bind/0/where/any", {"email": "x"}, "'any' must be a list of objects", '"any": ['),
    (RENAME, "/bind/0/order", "emial", "user has no field 'emial'", "Did you mean 'email'?"),
    (RENAME, "/bind/0/order", {"count": "leed"}, "there is no entity 'leed'", "Did you mean 'lead'?"),
    (RENAME, "/require/0/that", "{{ boss }}", "must be a bare expression", ""),
    (RENAME, "/require/0/that", "bos is none", "nothing is called 'bos'", "Did you mean 'boss'?"),
    (RENAME, "/require/0/message", "{{ lead.titel }}", "lead has no field 'titel'", "Did you mean 'title'?"),
    (RENAME, "/do", [], "there is too little in it", "A list of effects"),
    (RENAME, "/do/0", {"when": "true"}, "an effect does one thing; this one has nothing", "Choose one of: set"),
    (RENAME, "/do/0", {"set": {"title": "x"}, "delete": "lead"}, "this one has set and delete", "Choose one"),
    (RENAME, "/do/0", {"set": {"title": "x"}, "where": {}}, "'where' does not go with 'set'", "Take it out"),
    (RENAME, "/do/0/set/titel", "x", "lead has no field 'titel'", "Did you mean 'title'?"),
    (RENAME, "/do/0/set/user_email", "x", "lead has no field 'user_email'", ""),
    (RENAME, "/do/0/set/id", 5, "'id' is set by the store", "Take it out"),
    (RENAME, "/do/0/set/title", None, "lead.title is required and cannot be null", "Give it a value"),
    (RENAME, "/do/0/set/title", "{{ boss }}", "a user is given to lead.title", "Name a field of it"),
    (RENAME, "/do/0/set/user_id", "{{ lead }}", "a lead is given to lead.user_id", "give a user"),
    (RENAME, "/do/0", {"add": {"title": "x"}}, "'add' works on lists; lead.title is none", "Use 'set'"),
    (RENAME, "/do/0", {"create": "laed"}, "there is no entity 'laed'", "Did you mean 'lead'?"),
    (RENAME, "/do/0", {"create": "lead", "from": "boss"}, "'boss' is not a lead", ""),
    (RENAME, "/do/0", {"create": "lead", "copy": ["titel"]}, "there is no input 'titel'", "Did you mean 'title'?"),
    (RENAME, "/do/0", {"create": "user", "copy": "input"}, "no input is called like a field of user", "'set'"),
    (RENAME, "/do/0", {"update": "user", "set": {"email": "x"}}, "'user' is no record here", "Add a 'where'"),
    (RENAME, "/do/0", {"delete": "bos"}, "'bos' is no record here", "Did you mean 'boss'?"),
    (RENAME, "/do/0", {"each": "{{ lead.title }}", "delete": "lead"}, "'each' needs a list", '"each"'),
    (RENAME, "/do/0", {"call": {"method": "GET"}}, "'url' is missing", "Add it"),
    (RENAME, "/do/0", {"call": {"url": "x", "heders": {}}}, "'heders' is not known here", "Did you mean 'headers'?"),
    (RENAME, "/do/0", {"call": {"url": "x", "method": "LIST"}}, "'LIST' is not one of the choices", "Known: GET"),
    (RENAME, "/returns", "laed", "'laed' is no record here", "Did you mean 'lead'?"),
    (RENAME, "/returns", ["titel"], "lead has no field 'titel'", "Did you mean 'title'?"),
    (RENAME, "/returns", {"a": "{{ made }}"}, "nothing is called 'made'", ""),
    (RENAME, "/input/required/0", "titl", "'titl' is required but not declared", "Add it to properties"),
    (RENAME, "/input/properties/a b", {"type": "string"}, "'a b' does not have the right form", "Small letters"),
    (RENAME, "/input/properties/x", {"title": "X"}, "it has neither 'type' nor 'x-ref'", '"type": "string"'),
    (RENAME, "/input/properties/x", {"type": "text"}, "'text' is not one of the choices", "Known: string"),
    (RENAME, "/input/properties/x", {"$ref": "http://127.0.0.1/x"}, "'$ref' is not known here", ""),
    (RENAME, "/input/properties/x", {"anyOf": []}, "'anyOf' is not known here", ""),
    (RENAME, "/input/properties/x", {"type": "string", "pattern": "(a)\\1"}, "is not accepted", "no look-around"),
    (RENAME, "/input/properties/x", {"type": "string", "pattern": "(?=a)b"}, "is not accepted", "no look-around"),
    (RENAME, "/input/properties/x", {"type": "string", "default": 5}, "does not fit its own schema", ""),
    (RENAME, "/input/properties/x", {"type": "array", "uniqueItems": True}, "needs a 'maxItems'", "at most 1000"),
    (RENAME, "/input/properties/x", {"x-field": "lead.titel"}, "lead has no field 'titel'", "Did you mean 'title'?"),
    (RENAME, "/input/properties/x", {"x-field": "laed.title"}, "there is no entity 'laed'", "Did you mean 'lead'?"),
    (RENAME, "/input/properties/x", {"x-ref": {"to": "usr"}}, "there is no entity 'usr'", "Did you mean 'user'?"),
    (RENAME, "/input/properties/x", {"x-ref": {"to": "user", "by": ["emial"]}}, "user has no field 'emial'", "email"),
    (RENAME, "/input/properties/x", {"x-ref": {"to": "user", "label": "{{ it.nam }}"}}, "it has no field 'nam'", ""),
    (RENAME, "/input/properties/x", {"x-ref": {"to": "user", "where": {"emial": 1}}}, "user has no field 'emial'", ""),
    (RENAME, "/examples/0/inputs", {}, "'inputs' is not known here", "Did you mean 'input'?"),
    (RENAME, "/examples/0/input/titl", "x", "titl is not known here. Try: title.", "says so with 'error'"),
    (RENAME, "/examples/0/expect/titel", "x", "the answer has no 'titel'", "Did you mean 'title'?"),
    (RENAME, "/examples/0/given", {"titel": 1}, "lead has no 'titel'", "Did you mean 'title'?"),
    (RENAME, "/examples/0/error", "nobody", "an example with 'error' changes nothing", "Take one"),
    (RENAME, "/examples/0/events/0", "lead.titel", "there is no topic 'lead.titel'", "Did you mean 'title'?"),
    (RENAME, "/examples/0/records", [{"entity": "laed", "count": 1}], "there is no entity 'laed'", "lead"),
    (LEAD, "/key", "leed", "the file is not called like its key 'leed'", "Call it entities/leed.json"),
    ("entities/user.json", "/plural", "leads", "'leads' is already the plural of 'lead'", ""),
    (LEAD, "/owner", "title", "'title' does not lead to a user", "lead.user_id"),
    (LEAD, "/owner", "usr_id", "lead has no field 'usr_id'", "Name the path to a user"),
    (LEAD, "/label", "{{ it.titel }}", "it has no field 'titel'", "Did you mean 'title'?"),
    (LEAD, "/search", ["titel"], "there is no field 'titel'", "Did you mean 'title'?"),
    (LEAD, "/unique", [["titel"]], "there is no field 'titel'", "Did you mean 'title'?"),
    (LEAD, "/fields/required/0", "titel", "'titel' is required but not declared", "Did you mean 'title'?"),
    (LEAD, "/fields/properties/id", {"type": "integer"}, "'id' is a field of every record", "Leave it out"),
    (LEAD, "/fields/properties/boss", {"x-ref": {"to": "user"}}, "must be called <name>_id", "Call it 'boss_id'"),
    (LEAD, "/fields/properties/user_id/x-show/mail", "emial", "user has no field 'emial' in 'user.emial'", "email"),
    (LEAD, "/fields/properties/user_id/x-show/title", "email", "'title' is a field of its own", "another name"),
    (LEAD, "/fields/properties/title/x-fold", "phone", "'phone' is not one of the choices", "Known: text"),
    (LEAD, "/rules", [{"do": [{"set": {"titel": 1}}]}], "lead has no field 'titel'", "Did you mean 'title'?"),
    (LEAD, "/rules", [{"when": "before.x", "do": [{"delete": "lead"}]}], "before has no field 'x'", ""),
    (RENAMED, "/fires/0", "titel", "'titel' is neither a verb nor a field of lead", "Did you mean 'title'?"),
    (RENAMED, "/match/titel", "x", "lead has no field 'titel'", "Did you mean 'title'?"),
    (RENAMED, "/when", "after.user.email == 'x'", "after has no field 'user'", ""),
    (RENAMED, "/returns/0", "titel", "lead has no field 'titel'", "Did you mean 'title'?"),
    (RENAMED, "/returns/0", "origin", "every item has 'origin' already", "Take it out"),
    (RENAMED, "/examples/0/run/action", "renam", "there is no action 'renam'", "Did you mean 'rename'?"),
    (RENAMED, "/examples/0/silent", True, "an example has either 'item' or 'silent'", "Say what the item"),
    (RENAMED, "/examples/0/item/titel", "x", "the item has no 'titel'", "Did you mean 'title'?"),
    (FIND, "/find", "laed", "there is no entity 'laed'", "Did you mean 'lead'?"),
    (FIND, "/where/user.is_activ", True, "user has no field 'is_activ'", "Did you mean 'is_active'?"),
    (FIND, "/where/usr.is_active", True, "lead has no reference 'usr'", "Known: user"),
    (FIND, "/order", ["-id", "titel"], "lead has no field 'titel'", "Did you mean 'title'?"),
    ("world.json", "/laed", [], "there is no entity 'laed'", "Did you mean 'lead'?"),
    ("world.json", "/lead", [{"id": 1, "titel": "x"}], "lead has no 'titel'", "Did you mean 'title'?"),
    ("world.json", "/lead", [{"title": "x"}], "a record of the world has an id", '"id": 1'),
]


def put(document: Any, pointer: str, value: Any) -> None:
    *path, last = [int(step) if step.isdigit() else step for step in pointer.split("/")[1:]]
    for step in path:
        document = document.setdefault(step, {}) if isinstance(document, dict) else document[step]
    document[last] = value


def problems(folder: Path) -> tuple[Problem, ...]:
    with pytest.raises(CatalogError) as caught:
        load([folder])
    return caught.value.problems


@pytest.mark.parametrize(("file", "pointer", "value", "reason", "hint"), BROKEN)
def test_a_mistake_is_named_with_its_place_and_the_way_out(
    tmp_path: Path, small: Files, write_files: Write, file: str, pointer: str, value: Any, reason: str, hint: str
) -> None:
    put(small.setdefault(file, {}), pointer, value)
    found = [p for p in problems(write_files(tmp_path, small)) if p.file == file and reason in p.reason]
    assert found
    assert hint in found[0].hint
    assert found[0].pointer.startswith(pointer.rpartition("/")[0])


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ('{"key": "x",}', "line 1"),
        ("", "line 1"),
        ('{"key": "a", "key": "b"}', "names key twice"),
        ("[]", "must hold one JSON object"),
        ('{"a": NaN}', "NaN"),
        ('{"x": "' + "x" * 300_000 + '"}', "at most 256000"),
        ("[" * 100, ""),
    ],
)
def test_a_file_that_cannot_be_read_is_named(folder: Path, write_files: Write, content: str, reason: str) -> None:
    write_files(folder, {"actions/lead/bad.json": content})
    [problem] = problems(folder)
    assert problem.file == "actions/lead/bad.json"
    assert reason in problem.reason


def test_all_problems_of_all_files_come_at_once(folder: Path, small: Files, write_files: Write) -> None:
    small[RENAME]["titel"] = small[RENAMED]["titel"] = small[FIND]["titel"] = 1
    assert {p.file for p in problems(write_files(folder, small))} >= {RENAME, RENAMED, FIND}


@pytest.mark.parametrize("file", [LEAD, RENAME])
def test_what_only_follows_from_an_unread_file_is_not_listed(folder: Path, write_files: Write, file: str) -> None:
    assert {problem.file for problem in problems(write_files(folder, {file: "{"}))} == {file}


def test_two_files_with_one_key_are_refused(folder: Path, small: Files, write_files: Write) -> None:
    write_files(folder, {"actions/lead/again.json": small[RENAME]})
    [problem] = problems(folder)
    assert problem.reason == "'rename' is already declared in actions/lead/again.json."


def test_two_actions_with_one_address_are_refused(folder: Path, small: Files, write_files: Write) -> None:
    write_files(folder, {"actions/lead/again.json": {**small[RENAME], "key": "again", "path": "rename"}})
    assert [p.reason for p in problems(folder)] == ["'rename' is already the path of 'again'"]


def test_a_file_in_a_misspelt_folder_is_named(folder: Path, write_files: Write) -> None:
    write_files(folder, {"action/lead/x.json": {}})
    assert [(p.file, p.hint) for p in problems(folder)] == [("action/lead/x.json", "Did you mean 'actions'?")]


@pytest.mark.parametrize("name", [".hidden/x.json", "actions/.x.json", "actions/lead/notes.txt", "meta/x.json"])
def test_files_that_are_no_declarations_are_left_alone(folder: Path, write_files: Write, name: str) -> None:
    write_files(folder, {name: "not JSON"})
    assert load([folder]).actions


def test_a_later_folder_replaces_file_by_file(folder: Path, tmp_path: Path, small: Files, write_files: Write) -> None:
    over = write_files(tmp_path / "own", {RENAME: {**small[RENAME], "title": "Call Lead Otherwise"}})
    catalog = load([folder, over])
    assert catalog.actions["rename"].title == {"en": "Call Lead Otherwise"}
    assert set(catalog.triggers) == {"renamed"}


def test_a_missing_overlay_is_no_mistake(folder: Path, tmp_path: Path) -> None:
    assert load([folder, tmp_path / "absent"]).version == load([folder]).version


def test_the_version_changes_with_any_content(folder: Path, small: Files, write_files: Write) -> None:
    before = load([folder]).version
    write_files(folder, {RENAME: {**small[RENAME], "title": "Other Title"}})
    assert load([folder]).version != before


def test_broken_files_can_be_left_out(folder: Path, small: Files, write_files: Write) -> None:
    write_files(folder, {RENAMED: "{", FIND: {**small[FIND], "find": "laed"}})
    catalog = load([folder], strict=False)
    assert (set(catalog.actions), set(catalog.triggers), set(catalog.searches)) == ({"rename"}, set(), set())


def test_a_comment_may_stand_anywhere(folder: Path, small: Files, write_files: Write) -> None:
    action = small[RENAME]
    for part in (action, action["input"], *(action[key][0] for key in ("bind", "require", "do", "examples"))):
        part["$comment"] = "why"
    action["input"]["properties"]["title"]["$comment"] = "why"
    assert "$comment" not in json.dumps(load([write_files(folder, small)]).actions["rename"].input.schema)


def test_the_record_comes_first_among_the_inputs_and_what_can_be_emptied_last(small_catalog: Catalog) -> None:
    form = small_catalog.actions["rename"].input
    assert form.names == ("lead_id", "title", "user_id", "clear")
    assert form.required == {"lead_id", "title"}
    assert form.clearable == ("user_id",)
    assert form.schema["properties"]["user_id"]["type"] == ["integer", "string"]
    assert form.schema["properties"]["user_id"]["x-ref"] == {"to": "user", "by": ["id", "email"]}
    assert form.schema["additionalProperties"] is False


def test_an_answer_has_every_key_and_null_where_it_may_be_empty(small_catalog: Catalog) -> None:
    output = small_catalog.entities["lead"].output
    assert output["required"] == list(output["properties"])
    assert list(output["properties"])[:3] == ["id", "created_at", "updated_at"]
    types = {name: schema["type"] for name, schema in output["properties"].items()}
    assert types["id"] == "integer"
    assert types["title"] == "string"
    assert types["amount"] == ["number", "null"]
    assert types["user_id"] == ["integer", "null"]
    assert types["user_email"] == ["string", "null"]
    assert types["tags"] == "array"


def test_an_item_says_who_did_what_to_which_record(small_catalog: Catalog) -> None:
    output = small_catalog.triggers["renamed"].output
    assert output["required"] == [
        "id", "occurred_at", "lead_id", "actor_id", "origin", "title", "title_before", "user_email",
    ]  # fmt: skip
    assert output["properties"]["title_before"]["type"] == ["string", "null"]


def test_the_shipped_files_load_without_a_problem(shipped: Catalog) -> None:
    assert {"lead", "user", "task"} <= set(shipped.entities)
    assert {"next_step", "assign", "create_lead"} <= set(shipped.actions)
    assert {"new_lead", "lead_status_changed"} <= set(shipped.triggers)
    assert {"find_lead", "find_user"} <= set(shipped.searches)
    assert shipped.world
