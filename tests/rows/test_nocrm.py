"""One test per row of the noCRM table: each sends the row's own request over HTTP to a live server on every storage."""

from __future__ import annotations

import http.client
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from tests.plugins.server import Live, until

MAIL = "email_template_id"
WELCOME, PRIVATE, BROKEN_SUBJECT, BROKEN_BODY = 1, 2, 3, 4
"""E-mail templates of the demo world."""


@pytest.fixture
def lead(live: Live) -> int:
    """A new lead with an e-mail address, of the first pipeline's first step, owned by the admin."""
    return live.lead(first_name="Claire", email="client@acme.test", step_id=live.steps()[0]["id"])


def test_N1_every_action_is_a_plain_get(live: Live, lead: int) -> None:
    assert live.simple(lead, "lost").status_code == 200
    assert live.read(lead)["status"] == "lost"


def test_N2_the_absolute_address_works(live: Live, lead: int) -> None:
    address = f"{live.base}/api/simple/leads/{lead}/todo"
    assert requests.get(address, headers=live.headers, timeout=10).status_code == 200
    connection = http.client.HTTPConnection(urlsplit(live.base).netloc, timeout=10)
    connection.request("GET", address, headers=live.headers)
    assert connection.getresponse().status == 200
    connection.close()


def test_N3_the_path_relative_to_the_api_root_works(live: Live, lead: int) -> None:
    for root in (f"{live.base}/api", live.base):
        answer = requests.get(f"{root}/simple/leads/{lead}/lost", headers=live.headers, timeout=10)
        assert (answer.status_code, answer.json()["status"]) == (200, "lost")


def test_N4_percent_escapes_and_plain_characters_mean_the_same(live: Live, lead: int) -> None:
    member = live.member()
    for written in (member["email"], member["email"].replace("@", "%40")):
        live.simple(lead, "assign?user_id=1")
        assert live.simple(lead, f"assign?user_id={written}").json()["user_id"] == member["id"]


def test_N5_standby_plans_a_reminder(live: Live, lead: int) -> None:
    days = {(datetime.now(UTC) + timedelta(days=15, hours=shift)).date().isoformat() for shift in (-12, 0, 14)}
    assert live.simple(lead, "standby?days=15").status_code == 200
    found = live.read(lead)
    assert found["status"] == "standby"
    assert found["remind_at"] in days
    assert live.simple(lead, "standby?days=15").json()["remind_date"] == found["remind_at"]


def test_N6_standby_needs_days(live: Live, lead: int) -> None:
    before = live.read(lead)
    answer = live.simple(lead, "standby")
    assert (answer.status_code, answer.json()["type"]) == (422, "missing_parameter")
    assert live.read(lead) == before


def test_N7_standby_takes_a_planned_activity(live: Live, lead: int) -> None:
    kind = live.ids()["activity_types"][0]["id"]
    assert live.simple(lead, f"standby?days=15&activity_id={kind}").status_code == 200
    found = live.read(lead)
    assert (found["status"], found["remind_activity_type_id"]) == ("standby", kind)


def test_N8_won(live: Live, lead: int) -> None:
    assert live.simple(lead, "won").status_code == 200
    assert live.read(lead)["status"] == "won"


def test_N9_won_takes_an_amount(live: Live, lead: int) -> None:
    assert live.simple(lead, "won?amount=155.34").status_code == 200
    assert live.read(lead)["amount"] == 155.34


def test_N10_cancelled(live: Live, lead: int) -> None:
    assert live.simple(lead, "cancelled").status_code == 200
    assert live.read(lead)["status"] == "cancelled"


def test_N11_lost(live: Live, lead: int) -> None:
    assert live.simple(lead, "lost").status_code == 200
    assert live.read(lead)["status"] == "lost"


def test_N12_todo_also_reopens_a_closed_lead(live: Live, lead: int) -> None:
    live.simple(lead, "lost")
    assert live.simple(lead, "todo").status_code == 200
    assert live.read(lead)["status"] == "todo"


def test_N13_assign_takes_an_email_address(live: Live, lead: int) -> None:
    member = live.member()
    assert live.simple(lead, f"assign?user_id={member['email']}").status_code == 200
    assert live.read(lead)["user_id"] == member["id"]


def test_N14_assign_takes_an_id_with_leading_zeros(live: Live, lead: int) -> None:
    member = live.member()
    for written in (f"{member['id']}", f"0{member['id']}"):
        live.simple(lead, "assign?user_id=1")
        assert live.simple(lead, f"assign?user_id={written}").status_code == 200
        assert live.read(lead)["user_id"] == member["id"]


def test_N15_assign_random_picks_among_the_active_users(live: Live, lead: int) -> None:
    owners = {live.simple(lead, "assign/random").json()["user_id"] for _ in range(24)}
    assert owners <= {user["id"] for user in live.ids()["users"] if user["is_active"]}
    assert len(owners) > 1


def test_N16_assign_random_can_leave_out_admins(live: Live, lead: int) -> None:
    owners = {live.simple(lead, "assign/random?no_admin=true").json()["user_id"] for _ in range(24)}
    assert owners <= {user["id"] for user in live.ids()["users"] if user["is_active"] and not user["is_admin"]}


def test_N17_assign_random_in_a_team(live: Live, lead: int) -> None:
    team = live.ids()["teams"][0]["id"]
    members = {row["user_id"] for row in live.get("team_members", team_id=team)["data"]}
    owners = {live.simple(lead, f"assign/random_in_a_team?team_id={team}").json()["user_id"] for _ in range(12)}
    assert owners <= members


def test_N18_next_step_stops_at_the_last(live: Live, lead: int) -> None:
    steps = [step["id"] for step in live.steps()]
    for step in steps[1:]:
        assert live.simple(lead, "next_step").status_code == 200
        assert live.read(lead)["step_id"] == step
    answer = live.simple(lead, "next_step")
    assert (answer.status_code, answer.json()["type"]) == (409, "last_step")
    assert live.read(lead)["step_id"] == steps[-1]


def test_N19_move_to_a_step_of_any_pipeline(live: Live, lead: int) -> None:
    other = live.steps(pipeline=1)[0]
    assert live.simple(lead, f"move_to_step?step_id={other['id']}").status_code == 200
    assert live.read(lead)["pipeline_id"] == other["pipeline_id"]


def test_N20_a_tag_is_added_beside_the_others(live: Live, lead: int) -> None:
    live.simple(lead, "add_tag?tag=ProductA")
    live.simple(lead, "add_tag?tag=ProductB")
    assert live.read(lead)["tags"] == ["ProductA", "ProductB"]


def test_N21_several_tags_are_separated_by_commas(live: Live, lead: int) -> None:
    assert live.simple(lead, "add_tag?tag=tag1,tag2,tag3").status_code == 200
    assert live.read(lead)["tags"] == ["tag1", "tag2", "tag3"]


def test_N22_an_email_is_sent_with_all_fields_filled(live: Live, lead: int) -> None:
    sender = live.sender()
    answer = live.simple(lead, f"send_email_from_template?{MAIL}={WELCOME}&from_user_id={sender['id']}")
    assert answer.status_code == 200
    (mail,) = live.mails(lead)
    assert mail["to_address"] == "client@acme.test"
    assert "{{" not in mail["subject"] + mail["body"]


def test_N23_the_sender_is_named_by_id_or_email(live: Live, lead: int) -> None:
    sender = live.sender()
    for name in (sender["id"], sender["email"]):
        live.simple(lead, f"send_email_from_template?{MAIL}={WELCOME}&from_user_id={name}")
    assert [mail["from_user_id"] for mail in live.mails(lead)] == [sender["id"], sender["id"]]


def not_sent(live: Live, lead: int, template: int, sender: int) -> str:
    answer = live.simple(lead, f"send_email_from_template?{MAIL}={template}&from_user_id={sender}")
    assert answer.status_code in (409, 422)
    assert live.mails(lead) == []
    return str(answer.json()["type"])


def test_N24_a_template_that_is_not_shared_is_not_sent(live: Live, lead: int) -> None:
    assert not_sent(live, lead, PRIVATE, live.sender()["id"]) == "template_not_shared"


def test_N25_a_variable_left_in_the_subject_stops_the_email(live: Live, lead: int) -> None:
    assert not_sent(live, lead, BROKEN_SUBJECT, live.sender()["id"]) == "variables_in_subject"


def test_N26_a_variable_left_in_the_body_stops_the_email(live: Live, lead: int) -> None:
    assert not_sent(live, lead, BROKEN_BODY, live.sender()["id"]) == "variables_in_body"


def test_N27_a_lead_without_address_gets_no_email(live: Live) -> None:
    lead = live.lead(first_name="Claire")
    assert not_sent(live, lead, WELCOME, live.sender()["id"]) == "no_email"


def test_N28_a_sender_without_mailbox_sends_nothing(live: Live, lead: int) -> None:
    assert not_sent(live, lead, WELCOME, live.sender(connected=False)["id"]) == "no_mailbox"


def activities(live: Live, lead: int) -> list[dict[str, Any]]:
    return list(live.get("activities", lead_id=lead)["data"])


def test_N29_an_activity_is_logged(live: Live, lead: int) -> None:
    kind, member = live.ids()["activity_types"][0]["id"], live.member()
    assert live.simple(lead, f"add_activity?activity_id={kind}&user_id={member['id']}&content=Demo").status_code == 200
    (found,) = activities(live, lead)
    assert (found["activity_type_id"], found["user_id"], found["content"]) == (kind, member["id"], "Demo")


def test_N30_an_activity_needs_its_type(live: Live, lead: int) -> None:
    answer = live.simple(lead, "add_activity?content=Demo")
    assert (answer.status_code, answer.json()["type"]) == (422, "missing_parameter")
    assert activities(live, lead) == []


def test_N31_an_activity_needs_no_content(live: Live, lead: int) -> None:
    kind = live.ids()["activity_types"][0]["id"]
    assert live.simple(lead, f"add_activity?activity_id={kind}&user_id=1").status_code == 200
    assert len(activities(live, lead)) == 1


def test_N32_the_author_is_named_by_id_or_email(live: Live, lead: int) -> None:
    kind, member = live.ids()["activity_types"][0]["id"], live.member()
    for name in (member["id"], member["email"]):
        live.simple(lead, f"add_activity?activity_id={kind}&user_id={name}")
    assert [row["user_id"] for row in activities(live, lead)] == [member["id"]] * 2


def test_N35_one_page_lists_the_ids(live: Live) -> None:
    found = live.ids()
    for name in ("users", "teams", "pipelines", "steps", "statuses", "activity_types", "email_templates"):
        assert found[name]
        assert all(row["id"] for row in found[name])


def test_N36_a_new_file_is_a_new_action(live: Live, lead: int) -> None:
    assert live.simple(lead, "row_n36").status_code == 404
    live.declare("row_n36", {"set": {"title": "Filed"}})
    assert until(lambda: live.simple(lead, "row_n36").status_code == 200)
    assert live.read(lead)["title"] == "Filed"
    live.withdraw("row_n36")


def test_N37_a_whole_scenario_on_one_lead(live: Live, lead: int) -> None:
    sender, step = live.sender(), live.steps()[1]
    for path in (
        f"assign?user_id={sender['email']}",
        f"send_email_from_template?{MAIL}={WELCOME}&from_user_id={sender['id']}",
        "next_step",
        "standby?days=3",
    ):
        assert live.simple(lead, path).status_code == 200, path
    found = live.read(lead)
    assert (found["user_id"], found["step_id"], found["status"]) == (sender["id"], step["id"], "standby")
    assert len(live.mails(lead)) == 1
