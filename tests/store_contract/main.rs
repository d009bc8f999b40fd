//! One suite, every backend: each case is named after the promise in `src/store/mod.rs` that it holds a store to.

mod backend;
mod cases;
mod embedded;
mod given;

/// What a case ends in: `Err` is a test that could not be carried out.
pub type Outcome = Result<(), Box<dyn std::error::Error + Send + Sync>>;

/// Makes a test of every case on a backend, which `$start` makes afresh for each: an `async fn() -> Result<Backend>`.
macro_rules! contract_suite {
    ($start:path) => {
        $crate::contract_suite! { @ $start =>
            accounts {
                an_account_is_found_by_id_and_by_address,
                of_simultaneous_claims_on_an_address_one_wins,
            }
            issuing {
                a_login_gives_a_usable_token_and_a_session,
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
