//! A commit that is delivered twice, with another server's commit in between: done once, and answered so.

use bimgate::domain::{AccountChange, CloseReason, Denied, Grant, Issue, UserId};
use bimgate::store::{Accounts as _, Health as _, Sessions as _, Tokens as _};

use crate::backend::{Backend as _, run};
use crate::cut_line::CutLine;
use crate::fixture::{Here, RECOVERY, patient};
use crate::scripts::{COMMITS, digests};
use crate::support::redis_server::RedisServer;
use crate::{Outcome, given};

/// Two servers of one Redis, one of them on a line that can be cut, and a user known to both.
pub struct Case {
    _redis: RedisServer,
    pub line: CutLine,
    /// The server whose line can be cut.
    pub cut: Here,
    /// The other one.
    pub other: Here,
    pub user: UserId,
}

impl Case {
    pub async fn prepare() -> given::Result<Self> {
        let redis = RedisServer::start();
        let line = CutLine::to(redis.host_and_port().parse()?).await?;
        let url = format!("redis://{}", line.address);
        let cut = patient(&url);
        let other = patient(&redis.url());
        let user = given::user(&other).await?;
        // So that Redis knows the scripts.
        let another = given::user(&other).await?;
        for close in [false, true] {
            let login = other.logged_in(another).await?;
            if close {
                other.0.close_session(another, &given::close_client(&login.client)).await??;
            }
        }
        other.0.delete_account(another).await??;
        cut.0.time().await?;
        other.reported();
        Ok(Self { _redis: redis, line, cut, other, user })
    }

    /// Does `act`, whose commit arrives twice, and another login of that user in between.
    pub async fn twice<T>(&self, act: impl Future<Output = bimgate::store::Result<T>>) -> given::Result<T> {
        // Of a user who is gone there is nothing to be issued.
        let login = given::login(&self.other, &given::client());
        let between = async { self.other.0.issue(self.user, &login).await.map(drop) };
        self.twice_around(COMMITS, act, between).await
    }

    /// Does `act`, whose script arrives twice, and something else `between`.
    pub async fn twice_around<T>(
        &self,
        scripts: &[&str],
        act: impl Future<Output = bimgate::store::Result<T>>,
        between: impl Future<Output = bimgate::store::Result<()>>,
    ) -> given::Result<T> {
        let cut = self.line.cut_after(digests(scripts));
        let between = async {
            tokio::time::timeout(RECOVERY, cut.arrived).await??;
            between.await?;
            drop(cut.go_on);
            Ok::<_, Box<dyn std::error::Error + Send + Sync>>(())
        };
        let (done, between) = tokio::join!(act, between);
        between?;
        Ok(done?)
    }

    /// Whether that login is there, once, and usable.
    async fn is_there_once(&self, login: &Issue) -> given::Result<bool> {
        let holdings = self.other.0.user_state(self.user).await?.ok_or("nobody")?;
        let session = holdings.clients.get(&login.client).ok_or("no session")?;
        let held = session.access.iter().filter(|token| token.digest == login.access.0).count();
        Ok(held == 1 && given::usable(&self.other.store(), login.access.0).await?)
    }
}

#[test]
fn a_login() -> Outcome {
    run(async {
        let case = Case::prepare().await?;
        let login = given::login(&case.cut, &given::client());
        assert!(case.twice(case.cut.0.issue(case.user, &login)).await?.is_ok());
        assert!(case.is_there_once(&login).await?);
        Ok(())
    })
}

#[test]
fn a_swap() -> Outcome {
    run(async {
        let case = Case::prepare().await?;
        let (login, client) = (case.other.logged_in(case.user).await?, given::client());
        let mint = given::mint(&case.other, &login.client, login.access.0);
        case.other.0.mint_cross(case.user, &mint).await??;
        let [swap, again] = [(); 2].map(|()| given::swap(&case.cut, mint.cross.0, &login.client, &client));
        assert!(case.twice(case.cut.0.issue(case.user, &swap)).await?.is_ok());
        assert!(case.is_there_once(&swap).await?);
        assert!(case.other.0.issue(case.user, &again).await?.is_err(), "it is spent");
        Ok(())
    })
}

#[test]
fn a_closing() -> Outcome {
    run(async {
        let case = Case::prepare().await?;
        let login = case.other.logged_in(case.user).await?;
        assert!(case.twice(case.cut.0.close_session(case.user, &given::close_client(&login.client))).await?.is_ok());
        assert!(!given::usable(&case.other.store(), login.access.0).await?);
        Ok(())
    })
}

#[test]
fn a_revocation_of_everything() -> Outcome {
    run(async {
        let case = Case::prepare().await?;
        let login = case.other.logged_in(case.user).await?;
        let everything = AccountChange::LogOutEverywhere(CloseReason::ByAdmin);
        let account = case.twice(case.cut.0.change_account(case.user, &everything)).await??;
        assert_eq!(account.generation, 1, "once");
        assert!(!given::usable(&case.other.store(), login.access.0).await?);
        Ok(())
    })
}

/// What ends everything does not wait for what is on its way.
#[test]
fn a_login_that_arrives_late_does_not_count() -> Outcome {
    run(async {
        let case = Case::prepare().await?;
        let known = case.other.logged_in(case.user).await?;
        // On a session that is open, and on one to be opened.
        for client in [known.client, given::client()] {
            let login = given::login(&case.cut, &client);
            let held = case.line.hold(digests(COMMITS));
            let generation = case.other.0.account(case.user).await?.ok_or("nobody")?.generation;
            let login = Issue { grant: Grant::Proof { generation, proven: login.now }, ..login };
            let end = async {
                tokio::time::timeout(RECOVERY, held.arrived).await??;
                let everything = AccountChange::LogOutEverywhere(CloseReason::ByAdmin);
                case.other.0.change_account(case.user, &everything).await??;
                drop(held.go_on);
                Ok::<_, Box<dyn std::error::Error + Send + Sync>>(())
            };
            let (login_outcome, ended) = tokio::join!(case.cut.0.issue(case.user, &login), end);
            ended?;
            assert_eq!(login_outcome?, Err(Denied::StaleProof));
            assert!(!given::usable(&case.other.store(), login.access.0).await?);
            // Once more, so that there is a session to log in on.
            let proof = Grant::Proof { generation: generation + 1, proven: login.now };
            case.other.0.issue(case.user, &Issue { grant: proof, ..given::login(&case.other, &client) }).await??;
        }
        Ok(())
    })
}

#[test]
fn a_deletion() -> Outcome {
    run(async {
        let case = Case::prepare().await?;
        let login = case.other.logged_in(case.user).await?;
        assert!(case.twice(case.cut.0.delete_account(case.user)).await?.is_ok());
        assert!(case.other.0.account(case.user).await?.is_none());
        assert!(!given::usable(&case.other.store(), login.access.0).await?);
        Ok(())
    })
}
