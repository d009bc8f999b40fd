//! What an act of the writer works on: the tables, and what to tell others after the commit.

use redb::WriteTransaction;

use super::schema::Tables;
use crate::domain::{ClosedSession, CredentialChange, Happened, TokenDigest};

/// The tables in one write transaction, which several acts share. An act reads all that it needs before it writes, so
/// that it has changed nothing if it cannot read a record.
pub(super) struct Txn<'t> {
    pub(super) tables: Tables<'t>,
    /// The native logins decided. Listeners are told after the commit.
    pub(super) decided: Vec<TokenDigest>,
    /// The sessions that the act closed.
    pub(super) closed: Vec<ClosedSession>,
    /// The credentials that the act changed.
    pub(super) told: Option<CredentialChange>,
    /// What else the act made true.
    pub(super) happened: Vec<Happened>,
    /// Whether anything was written.
    pub(super) changed: bool,
}

impl<'t> Txn<'t> {
    pub(super) fn new(transaction: &'t WriteTransaction) -> Result<Self, redb::Error> {
        let tables = Tables::open(transaction)?;
        Ok(Self { tables, decided: Vec::new(), closed: Vec::new(), told: None, happened: Vec::new(), changed: false })
    }
}
