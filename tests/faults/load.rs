//! A client that does everything a client can, and keeps a ledger of what it was told, until the service is killed.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use serde_json::{Value, json};
use uuid::Uuid;

use crate::ledger::Ledger;
use crate::support::app::{User, token};
use crate::support::client::{Reply, Request};

/// What the clients and their killer know of each other.
#[derive(Default)]
pub struct Progress {
    /// Requests that were answered.
    pub answered: AtomicUsize,
    /// Set before anything is killed: from then on a request may fail.
    pub killing: AtomicBool,
}

impl Progress {
    /// The answer. Once something is killed there may be none, or the news that the store is gone.
    pub fn ask(&self, request: Request) -> Option<Reply> {
        let reply = request.try_send();
        let killing = self.killing.load(Ordering::SeqCst);
        match reply {
            Err(error) => assert!(killing, "no answer: {error}"),
            Ok(reply) if killing && reply.status == 503 => {
                reply.refused(503, "E_Unavailable");
            }
            Ok(reply) => {
                self.answered.fetch_add(1, Ordering::SeqCst);
                return Some(reply);
            }
        }
        None
    }
}

/// One client program of a user.
pub struct Client<'a> {
    to: SocketAddr,
    user: &'a User,
    progress: &'a Progress,
    ledger: Ledger,
}

impl<'a> Client<'a> {
    pub fn new(to: SocketAddr, user: &'a User, progress: &'a Progress) -> Self {
        Self { to, user, progress, ledger: Ledger::default() }
    }

    /// Works until the service is killed.
    pub fn work(mut self) -> Ledger {
        for turn in 0.. {
            if self.turn(turn).is_none() {
                break;
            }
        }
        self.ledger
    }

    /// One client id's life. Of it stays what `turn` says; what is about to end is struck out before it is asked for,
    /// since without an answer nobody knows. `None` when the service was killed.
    fn turn(&mut self, turn: usize) -> Option<()> {
        let client = Uuid::new_v4().to_string();
        let login = json!({"user_id": self.user.email, "password": self.user.password, "client_id": client,
            "remember_me": true});
        let told = self.post("/v2/authorize", &login)?;
        let (first, remember_me) = (token(&told, "access_token"), token(&told, "remember_me_token"));
        let remembered = (remember_me, client);
        self.ledger.live.insert(first.clone());
        self.ledger.remembered.insert(remembered.clone());

        let silent = json!({"remember_me": true, "remember_me_token": remembered.0, "client_id": remembered.1});
        let second = token(&self.post("/v2/authorize", &silent)?, "access_token");
        self.ledger.live.insert(second.clone());

        let [to_swap, to_keep] = [self.mint(&first)?, self.mint(&first)?];
        self.ledger.cross.remove(&to_swap);
        let told = self.post("/v2/cross-authorize", &json!({"cross_token": to_swap}))?;
        self.ledger.live.insert(token(&told, "access_token"));
        self.ledger.spent.insert(to_swap);

        match turn % 4 {
            0 => {}
            1 => {
                self.revoke(&second, "")?;
            }
            2 => {
                self.ledger.cross.remove(&to_keep);
                self.revoke(&first, "")?;
                self.ledger.spent.insert(to_keep);
            }
            _ => {
                self.ledger.cross.remove(&to_keep);
                self.ledger.remembered.remove(&remembered);
                self.ledger.live.remove(&first);
                self.revoke(&second, "?scope=client")?;
                self.ledger.revoked.insert(first);
                self.ledger.forgotten.insert(remembered);
                self.ledger.spent.insert(to_keep);
            }
        }
        Some(())
    }

    fn mint(&mut self, access: &str) -> Option<String> {
        let told = self.ask(self.request("POST", "/v2/cross-token").token(access))?;
        let minted = token(&told, "cross_token");
        self.ledger.cross.insert(minted.clone());
        Some(minted)
    }

    fn revoke(&mut self, access: &str, query: &str) -> Option<()> {
        self.ledger.live.remove(access);
        self.ask(self.request("DELETE", &format!("/v2/authorize{query}")).token(access))?;
        self.ledger.revoked.insert(access.into());
        Some(())
    }

    fn post(&self, target: &str, body: &Value) -> Option<Value> {
        self.ask(self.request("POST", target).body(body.to_string()))
    }

    fn request(&self, method: &str, target: &str) -> Request {
        Request::new(self.to, method, target)
    }

    /// A good answer; `None` when the service was killed.
    fn ask(&self, request: Request) -> Option<Value> {
        Some(self.progress.ask(request)?.ok())
    }
}
