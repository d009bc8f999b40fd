//! One suite, every backend: each case is named after the promise in `src/store/mod.rs` that it holds a store to.

mod backend;
mod cases;
mod embedded;
mod given;
mod redis;
mod redis_cluster;
#[allow(dead_code, reason = "other tests use the rest")]
#[path = "../support/redis_server.rs"]
mod redis_server;
#[allow(dead_code, reason = "other tests use the rest")]
#[path = "../support/redis_cluster.rs"]
mod three_masters;
#[path = "../support/wait.rs"]
mod wait;

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
                a_sweep_leaves_what_lives,
            }
            throttle {
                a_bucket_gives_its_burst_then_says_when_to_come_back,
                one_empty_bucket_leaves_the_others_untouched,
                of_simultaneous_takes_no_more_than_the_burst_succeed,
                putting_back_never_fills_above_the_burst,
                takes_and_put_backs_never_have_more_out_than_the_burst,
            }
            health {
                the_store_tells_the_time,
                a_store_that_loses_nothing_warns_of_nothing,
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
