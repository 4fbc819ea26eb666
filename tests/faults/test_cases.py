"""Every fault case has its tests: this table names them, and holds them to be there."""

from __future__ import annotations

from importlib import import_module

import pytest

CASES = {
    1: ("faults.test_kills", "test_a_writer_killed_around_its_commit_leaves_all_or_nothing"),
    2: ("faults.test_keys", "test_a_call_whose_server_was_killed_acts_once_when_it_is_sent_again"),
    3: ("faults.test_kills", "test_a_worker_killed_while_the_receiver_works_is_replaced_and_the_id_stays"),
    4: ("faults.test_receivers", "test_a_result_that_comes_after_the_lease_changes_nothing"),
    5: ("faults.test_receivers", "test_four_workers_share_500_deliveries_without_a_double"),
    6: ("faults.test_kills", "test_random_kills_of_writers_and_workers_lose_and_invent_nothing"),
    7: ("faults.test_postgres", "test_7_a_server_that_is_restarted_at_once_costs_a_few_calls_and_no_event"),
    8: ("faults.test_postgres", "test_8_a_server_that_is_down_is_a_503_and_its_workers_wait_for_it"),
    9: ("faults.test_postgres", "test_9_a_server_that_only_reads_still_tells_its_feed"),
    10: ("faults.test_postgres", "test_10_a_server_without_space_leaves_no_half_action"),
    11: ("faults.test_sqlite", "test_11_a_full_file_is_a_507_and_works_once_there_is_space"),
    12: ("faults.test_sqlite", "test_12_a_write_that_fails_leaves_no_half_action"),
    13: ("faults.test_sqlite", "test_13_a_lock_that_somebody_keeps_is_waited_for_and_then_a_503"),
    14: ("faults.test_sqlite", "test_14_a_file_that_is_gone_turns_the_health_red"),
    15: ("faults.test_receivers", "test_a_receiver_that_is_down_gets_it_once_it_is_up"),
    16: ("faults.test_receivers", "test_what_is_no_whole_yes_is_tried_again_with_the_same_id"),
    17: ("faults.test_receivers", "test_what_is_no_whole_yes_is_tried_again_with_the_same_id"),
    18: ("faults.test_receivers", "test_what_is_no_whole_yes_is_tried_again_with_the_same_id"),
    19: ("faults.test_receivers", "test_three_refusals_and_a_yes_are_four_tries_with_growing_gaps"),
    20: ("faults.test_receivers", "test_410_ends_a_subscription_at_once_and_no_other"),
    21: ("faults.test_receivers", "test_retry_after_is_waited_for"),
    22: ("faults.test_receivers", "test_what_is_no_whole_yes_is_tried_again_with_the_same_id"),
    23: ("faults.test_receivers", "test_a_huge_answer_is_a_yes_of_which_little_is_kept"),
    24: ("faults.test_receivers", "test_one_dead_receiver_among_fifty_delays_nobody"),
    25: ("faults.test_receivers", "test_long_failure_disables_says_so_and_loses_nothing"),
    26: ("faults.test_receivers", "test_a_clock_that_jumps_neither_hastens_retries_nor_holds_up_what_is_new"),
    27: ("faults.test_keys", "test_twenty_posts_at_once_with_one_key_are_one_lead"),
    28: ("faults.test_keys", "test_one_key_with_another_body_is_refused_and_of_another_token_is_another_key"),
    30: ("faults.test_mail", "test_a_lost_answer_leaves_it_unknown_and_nothing_is_sent_blindly"),
    31: ("faults.test_versions", "test_31_an_upgrade_that_was_killed_half_way_is_done_by_the_next_start"),
    32: ("faults.test_versions", "test_32_old_code_goes_on_beside_new_code"),
    33: ("faults.test_consumers", "test_33_a_cursor_beyond_a_restored_backup_is_told_so"),
    34: ("faults.test_consumers", "test_34_the_number_of_an_erased_event_is_never_used_again"),
    35: ("faults.test_feed", "test_every_event_is_polled_exactly_once_and_in_order"),
    36: ("faults.test_consumers", "test_36_a_poller_that_lost_its_page_gets_the_same_one_again"),
    37: ("faults.test_kills", "test_a_worker_told_to_end_finishes_what_is_under_way"),
    38: ("faults.test_files", "test_38_the_old_file_stays_in_force_until_the_new_one_is_whole"),
    39: ("faults.test_kills", "test_a_worker_with_much_to_do_stays_small_and_keeps_the_order_of_first_tries"),
    40: ("events.test_delivery", "test_replaying_one_twice_sends_it_twice_with_one_id"),
}
"""Number of the case -> module and test; the window of a key (29) is tested with the sweep that ends it."""


@pytest.mark.parametrize("number", CASES)
def test_the_case_has_its_test(number: int) -> None:
    module, name = CASES[number]
    assert callable(getattr(import_module(f"tests.{module}"), name))
