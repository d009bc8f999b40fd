//! One suite, every backend: each case is named after the promise in `src/store` that it holds a store to.

mod backend;
mod cases;
mod embedded;
mod given;
mod given_directory;
mod redis;
mod redis_cluster;
#[path = "../support/mod.rs"]
mod support;

/// What a case ends in: `Err` is a test that could not be carried out.
pub type Outcome = Result<(), Box<dyn std::error::Error + Send + Sync>>;

/// Makes a test of every case on a backend, which `$start` makes afresh for each: an `async fn() -> Result<Backend>`.
macro_rules! contract_suite {
    ($start:path) => {
        $crate::contract_suite! { @ $start =>
            accounts {
                an_account_is_found_by_id_and_by_address,
                of_simultaneous_claims_on_an_address_one_wins,
                of_simultaneous_claims_on_an_id_one_wins,
                a_batch_is_judged_in_order_each_account_for_itself,
                an_account_created_again_is_told_that_its_id_is_taken,
                a_deleted_account_frees_its_address_and_id,
                a_walk_returns_every_account_exactly_once,
            }
            changes {
                a_change_is_seen_by_every_server,
                a_change_of_an_unknown_user_says_none,
                a_rehash_applies_only_to_the_hash_that_was_verified,
                enabling_and_rehashing_end_nothing,
                a_password_change_ends_every_session,
                disabling_ends_every_session,
                logging_out_everywhere_ends_every_session,
                deleting_ends_every_session,
                a_login_proven_before_a_change_never_takes_effect,
                a_login_racing_a_deletion_leaves_nothing_usable,
            }
            issuing {
                a_login_gives_a_usable_token_and_a_session,
                a_token_is_told_as_it_was_issued,
                a_second_login_of_a_client_finds_its_session_open,
                a_refused_login_leaves_nothing_behind,
                a_remember_me_token_works_only_for_its_client_and_stays,
                nothing_lives_past_the_login_age,
                a_token_pushed_out_is_refused_when_the_login_returns,
                a_remember_me_token_pushed_out_no_longer_counts,
                a_session_pushed_out_is_refused_when_the_login_returns,
                simultaneous_logins_keep_to_the_limit,
            }
            swapping {
                a_cross_token_is_found_and_spent_by_one_swap,
                of_simultaneous_swaps_one_wins,
                a_refused_swap_does_not_spend_the_cross_token,
                an_expired_cross_token_is_refused,
                only_a_token_of_an_open_session_mints,
                a_cross_token_pushed_out_is_refused,
                what_comes_of_a_remember_me_token_ends_with_it,
            }
            ending {
                a_revoked_token_is_refused_on_every_server,
                revoking_takes_minted_cross_tokens_along,
                revoking_the_last_token_closes_the_session,
                revoking_twice_or_of_nobody_is_no_error,
                closing_a_session_ends_every_token_of_it,
                closing_what_is_not_open_says_false,
                what_is_usable_is_what_open_sessions_hold,
            }
            lapsing {
                holdings_leave_out_what_has_ended,
                holdings_of_an_unknown_user_are_none,
                what_has_ended_is_swept,
                what_has_ended_of_an_open_directory_session_is_swept,
                a_sweep_leaves_what_lives,
            }
            throttle {
                a_bucket_gives_its_burst_then_says_when_to_come_back,
                one_empty_bucket_leaves_the_others_untouched,
                of_simultaneous_takes_no_more_than_the_burst_succeed,
                putting_back_never_fills_above_the_burst,
                takes_and_put_backs_never_have_more_out_than_the_burst,
                the_first_lane_that_has_room_is_taken_and_no_other_charged,
                a_bucket_that_hangs_on_another_is_charged_once_while_that_one_fills,
                a_lane_of_a_mark_is_open_to_whoever_has_it,
                an_account_has_so_many_marks_and_those_never_used_again_go_first,
            }
            health {
                the_store_tells_the_time,
                a_store_that_loses_nothing_warns_of_nothing,
            }
            directory {
                an_opened_session_is_found_on_every_server,
                a_refused_opening_leaves_nothing_behind,
                a_heartbeat_is_seen_on_every_server,
                a_native_answer_can_be_asked_for_until_the_first_heartbeat,
                of_simultaneous_closes_one_is_told,
                a_directory_session_pushed_out_is_refused_when_the_opening_returns,
                losing_a_right_or_a_scope_ends_what_it_opened,
                what_ends_every_session_ends_directory_sessions,
                an_opening_racing_a_logout_everywhere_leaves_nothing_open,
                a_cross_token_of_a_directory_session_ends_with_it,
            }
            due {
                a_session_without_a_heartbeat_ends_once,
                a_session_ends_at_its_end_of_life_whatever_heartbeats_come,
                a_heartbeat_puts_the_end_off,
                closing_what_was_closed_before_its_time_ends_nothing,
                more_than_one_call_takes_is_ended_by_the_next,
                what_is_due_is_ended_once_and_never_after_an_acknowledged_heartbeat,
            }
            signed_on {
                a_signed_on_browser_is_found_until_it_is_signed_off,
                the_oldest_signed_on_browser_is_pushed_out,
                after_a_close_that_demands_it_the_person_is_asked_again,
                an_account_is_found_by_its_subject,
                of_simultaneous_links_of_one_subject_one_user_is_given_it,
                who_is_unlinked_or_linked_anew_frees_the_subject,
                a_deleted_account_frees_its_subject,
            }
            logins {
                a_login_is_found_by_its_state_on_every_server,
                of_simultaneous_advances_from_one_stage_one_is_told,
                of_advances_and_ends_that_race_one_is_told,
                no_more_than_the_limits_are_under_way,
                a_login_that_ended_makes_room,
                an_overdue_login_ends_once_and_its_native_client_is_told,
                what_ends_an_overdue_login_is_one_call,
            }
            spent {
                a_complete_login_stands_for_its_session_until_its_time_is_over,
                a_login_whose_session_is_denied_ends,
                of_ends_and_completions_that_race_one_succeeds,
                a_state_counts_once,
                of_begins_with_one_state_that_race_one_is_told,
                a_state_is_used_without_a_login,
                neighbours_of_one_ipv6_48_share_its_places,
            }
            natives {
                a_native_client_waits_until_its_login_is_decided,
                of_simultaneous_logins_with_one_native_token_one_begins,
                a_native_token_may_be_used_again_once_its_login_has_failed,
                an_outcome_is_kept_until_the_end_of_life_of_its_session,
                a_native_token_is_forgotten_only_if_it_stands_for_what_was_said,
                a_native_client_that_waits_is_described_on_every_server,
                decisions_are_heard_on_every_server,
                a_native_client_whose_login_was_overdue_is_woken,
            }
            redirects {
                a_registered_url_is_found_to_the_letter_on_every_server,
                so_many_urls_may_be_registered_and_no_more,
            }
            signing_keys {
                a_key_ring_is_kept_as_it_was_stored,
                of_simultaneous_replacements_of_a_key_ring_one_wins,
            }
            licenses {
                a_license_is_lent_once_a_client_until_it_is_given_back,
                a_borrow_ends_by_itself_unless_it_is_renewed,
                one_person_has_so_many_and_no_more,
                what_is_out_is_listed_by_when_it_comes_back,
                never_more_are_out_than_there_are,
                of_simultaneous_checkouts_by_one_client_one_is_out,
            }
        }
    };
    (@ $start:path => $($group:ident { $($case:ident,)* })*) => {
        $($(
            #[test]
            fn $case() -> $crate::Outcome {
                $crate::backend::run(async {
                    let backend = $start().await?;
                    $crate::cases::$group::$case(&backend).await
                })
            }
        )*)*
    };
}
pub(crate) use contract_suite;
