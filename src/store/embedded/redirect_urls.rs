//! Where browsers may be sent after a login.

use async_trait::async_trait;
use redb::{ReadableTable as _, ReadableTableMetadata as _};

use super::EmbeddedStore;
use super::schema::TxnError;
use super::txn::Txn;
use crate::store::metrics::Op;
use crate::store::{MAX_REDIRECT_URLS, RedirectUrls, Result};

#[async_trait]
impl RedirectUrls for EmbeddedStore {
    async fn is_redirect_registered(&self, url: &str) -> Result<bool> {
        self.read(Op::Find, |snapshot| Ok(snapshot.redirect_urls.get(url).map_err(TxnError::from)?.is_some()))
    }

    async fn register_redirect(&self, url: &str) -> Result<bool> {
        let url = url.to_owned();
        let act = move |txn: &mut Txn<'_>| {
            let urls = &mut txn.tables.redirect_urls;
            if urls.get(url.as_str())?.is_none() {
                if urls.len()? >= MAX_REDIRECT_URLS as u64 {
                    return Ok(false);
                }
                txn.changed = true;
                urls.insert(url.as_str(), ())?;
            }
            Ok(true)
        };
        self.write(Op::Account, act).await
    }

    async fn unregister_redirect(&self, url: &str) -> Result<bool> {
        let url = url.to_owned();
        let act = move |txn: &mut Txn<'_>| {
            let was_there = txn.tables.redirect_urls.remove(url.as_str())?.is_some();
            txn.changed |= was_there;
            Ok(was_there)
        };
        self.write(Op::Account, act).await
    }

    async fn redirects(&self) -> Result<Vec<String>> {
        self.read(Op::Find, |snapshot| {
            let mut urls = Vec::new();
            for entry in snapshot.redirect_urls.range::<&str>(..).map_err(TxnError::from)? {
                urls.push(entry.map_err(TxnError::from)?.0.value().to_owned());
            }
            Ok(urls)
        })
    }
}
