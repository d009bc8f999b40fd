//! `bimgate config check --connect`: does everything answer that the settings name? Nothing is written anywhere, nobody
//! is logged in, and no mail or event is sent.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::DateTime;
use futures_util::future::{BoxFuture, join_all};
use rustix::fs::{Access, access};
use serde::Serialize;
use tokio::time::timeout;
use url::Url;

use super::error::CliError;
use crate::acme::Acme;
use crate::admin::Client;
use crate::auth::Upstream;
use crate::auth::ldap::Ldap;
use crate::auth::oidc::OpenId;
use crate::clock::{Clock as _, SystemClock};
use crate::mail::Mailer;
use crate::otlp::Collector;
use crate::session::PublicUrl;
use crate::settings::{LdapSettings, Settings, StoreSettings, SyslogWay};
use crate::sinks::{Syslog, Webhook};
use crate::store;
use crate::tls::CertificateFiles;

/// How long an answer may take, whatever the settings say.
const DEADLINE: Duration = Duration::from_secs(30);
/// How long the store may take at least: no client waits for a 503.
const STORE_TIMEOUT: Duration = Duration::from_secs(10);
/// How long before its end a certificate should be replaced.
const SOON: Duration = Duration::from_secs(14 * 86_400);

/// What was asked, and what came of it.
#[derive(Serialize)]
pub(super) struct Asked {
    /// The section of the settings.
    pub(super) what: &'static str,
    /// Where it is.
    pub(super) place: String,
    /// Whether it answers as the server needs it.
    pub(super) ok: bool,
    /// What it answers.
    pub(super) answer: String,
    /// How long that took, in milliseconds.
    pub(super) millis: u64,
    /// What to do next; absent: nothing.
    pub(super) next: Option<String>,
}

/// An answer, and what the operator should see to all the same.
type Answer = Result<(String, Option<String>), String>;

/// Asks all at once, each within a deadline.
///
/// # Errors
/// The system has no runtime for it.
pub(super) fn ask_all(settings: &Settings) -> Result<Vec<Asked>, CliError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| CliError::refused(format!("the system refuses to run this: {error}")))?;
    Ok(runtime.block_on(join_all(questions(settings))))
}

fn questions(settings: &Settings) -> Vec<BoxFuture<'_, Asked>> {
    let mut questions: Vec<BoxFuture<'_, Asked>> = Vec::new();
    let store = &settings.store;
    let next =
        "see that it runs and can be reached, and store.url, store.username, store.password and store.tls_ca_file";
    match store::data_folder(store) {
        Some(folder) => {
            let next = "see store.url, and whose the folder is: it must be of the user whom the server runs as";
            questions.push(Box::pin(ask("store", store.url.clone(), next, of_folder(store, folder))));
        }
        None => questions.push(Box::pin(ask("store", store.url.clone(), next, of_redis(store)))),
    }
    let acme = &settings.tls.acme;
    if let Some(directory) = acme.directory.clone() {
        let next = "see that this machine reaches it, and tls.acme.directory and tls.acme.ca_file";
        questions.push(Box::pin(ask("tls.acme", directory, next, of_acme(settings))));
    }
    // A server that orders its certificate may have none yet.
    if let Some(files) = settings.tls.files().filter(|files| acme.directory.is_none() || files.certificate.exists()) {
        let place = files.certificate.display().to_string();
        let next = "put the next certificate there; a running server takes it up by itself";
        questions.push(Box::pin(ask("tls", place, next, async move { of_certificate(&files) })));
    }
    if let Some(issuer) = settings.openid.issuer.clone() {
        let next = "see that this machine reaches it, and openid.issuer and openid.ca_file";
        questions.push(Box::pin(ask("openid", issuer, next, of_provider(settings))));
    }
    for url in &settings.ldap.urls {
        let one = LdapSettings { urls: vec![url.clone()], ..settings.ldap.clone() };
        let next = "see that this machine reaches it, and ldap.ca_file, ldap.bind_dn, ldap.bind_password and ldap.base";
        questions.push(Box::pin(ask("ldap", url.clone(), next, of_ldap(one))));
    }
    if let Some(url) = settings.upstream.url.clone() {
        let next = "see that this machine reaches it, and upstream.url and upstream.ca_file";
        questions.push(Box::pin(ask("upstream", url, next, of_upstream(settings))));
    }
    if let Some(host) = &settings.mail.host {
        let place = format!("{host}:{}", settings.mail.port());
        let next =
            "see that this machine reaches it, and mail.encryption, mail.ca_file, mail.username and mail.password";
        questions.push(Box::pin(ask("mail", place, next, of_mail(settings))));
    }
    if let Some(url) = settings.events.webhook.url.clone() {
        let next = "see that this machine reaches it, and events.webhook.url and events.webhook.ca_file";
        questions.push(Box::pin(ask("events.webhook", url, next, of_webhook(settings))));
    }
    if let Some(url) = settings.events.syslog.url.clone() {
        let next = "see that this machine reaches it, and events.syslog.url and events.syslog.ca_file";
        questions.push(Box::pin(ask("events.syslog", url, next, of_syslog(settings))));
    }
    if let Some(url) = settings.tracing.url.clone() {
        let next = "see that this machine reaches it, and tracing.url, tracing.headers and tracing.ca_file";
        questions.push(Box::pin(ask("tracing", url, next, of_collector(settings))));
    }
    questions
}

/// Asks one question. `next`: what to do if it does not answer.
async fn ask(what: &'static str, place: String, next: &str, question: impl Future<Output = Answer>) -> Asked {
    let began = Instant::now();
    let late = || Err(format!("no answer within {} s", DEADLINE.as_secs()));
    let answer = timeout(DEADLINE, question).await.unwrap_or_else(|_| late());
    let millis = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    match answer {
        Ok((answer, next)) => Asked { what, place, ok: true, answer, millis, next },
        Err(answer) => Asked { what, place, ok: false, answer, millis, next: Some(next.to_owned()) },
    }
}

/// The embedded store is not opened: that may write, and only one process can.
async fn of_folder(settings: &StoreSettings, folder: &Path) -> Answer {
    let shown = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
    let is_new = store::would_be_new(settings);
    // The nearest folder that is there has to let the others be made.
    let there = shown.ancestors().find(|folder| folder.exists()).unwrap_or(Path::new("/"));
    let rights = Access::READ_OK | Access::WRITE_OK | Access::EXEC_OK;
    access(there, rights).map_err(|error| format!("{} cannot be written: {error}", there.display()))?;
    if is_new {
        return Ok((format!("there is no store yet; a server makes one in {}", shown.display()), None));
    }
    match Client::reach(folder).await {
        Ok(Some(_)) => Ok(("a server runs on it".to_owned(), None)),
        Ok(None) => Ok(("it is there, and no server runs on it".to_owned(), None)),
        Err(error) => Err(error.to_string()),
    }
}

async fn of_redis(settings: &StoreSettings) -> Answer {
    let settings = StoreSettings { timeout_ms: settings.timeout_ms.max(STORE_TIMEOUT), ..settings.clone() };
    let store = store::open(&settings, Arc::new(SystemClock), Duration::ZERO).map_err(|error| error.to_string())?;
    let census = store.census().await.map_err(|error| error.to_string())?;
    let warnings = store.warnings().await.map_err(|error| error.to_string())?;
    store.close().await;
    let sessions = census.directory_sessions.unwrap_or_default();
    let next = (!warnings.is_empty()).then(|| warnings.join("; "));
    Ok((format!("answers; it holds {sessions} directory sessions"), next))
}

fn of_certificate(files: &CertificateFiles) -> Answer {
    let ends = files.ends().map_err(|error| error.to_string())?;
    let Some(ends) = ends else { return Ok(("certificate and key belong together".to_owned(), None)) };
    let date = i64::try_from(ends.as_secs()).ok().and_then(|seconds| DateTime::from_timestamp(seconds, 0));
    let date = date.map(|date| date.format("%Y-%m-%d").to_string()).unwrap_or_default();
    let left = ends.saturating_sub(Duration::from_millis(SystemClock.now().millis()));
    if left.is_zero() {
        return Err(format!("the certificate ended on {date}"));
    }
    let next = (left < SOON).then(|| "replace it soon; a running server takes the next one up by itself".to_owned());
    Ok((format!("certificate and key belong together; it ends on {date}"), next))
}

async fn of_acme(settings: &Settings) -> Answer {
    Acme::probe(&settings.tls.acme).await.map_err(|error| error.to_string())?;
    Ok(("is the directory of an ACME server".to_owned(), None))
}

async fn of_provider(settings: &Settings) -> Answer {
    let way_back = PublicUrl::new(settings.server.public_url.as_deref(), settings.server.listen).callback_url();
    let way_back = Url::parse(&way_back).map_err(|error| error.to_string())?;
    let provider = OpenId::new(&settings.openid, way_back, Arc::new(SystemClock)).map_err(|error| error.to_string())?;
    match provider.probe().await.map_err(|error| error.to_string())? {
        0 => Err("it describes itself, but publishes no key that this server can use".to_owned()),
        keys => Ok((format!("describes itself, and publishes {}", super::output::count(keys, "key")), None)),
    }
}

async fn of_ldap(settings: LdapSettings) -> Answer {
    let ldap = Ldap::new(&settings).map_err(|error| error.to_string())?;
    if let Some(ldap) = ldap {
        ldap.probe().await.map_err(|error| error.to_string())?;
    }
    let who = if settings.bind_dn.is_some() { "ldap.bind_dn" } else { "nobody" };
    Ok((format!("lets {who} search ldap.base"), None))
}

async fn of_upstream(settings: &Settings) -> Answer {
    let upstream = Upstream::new(&settings.upstream).map_err(|error| error.to_string())?;
    if let Some(upstream) = upstream {
        upstream.probe().await.map_err(|error| error.to_string())?;
    }
    Ok(("answers as such a service does".to_owned(), None))
}

async fn of_mail(settings: &Settings) -> Answer {
    let mailer = Mailer::new(&settings.mail).map_err(|error| error.to_string())?;
    if let Some(mailer) = mailer {
        mailer.probe().await.map_err(|error| error.to_string())?;
    }
    let login = if settings.mail.credentials().is_some() { ", and takes mail.username" } else { "" };
    Ok((format!("speaks SMTP{login}"), None))
}

async fn of_webhook(settings: &Settings) -> Answer {
    Webhook::probe(&settings.events.webhook).await.map_err(|error| error.to_string())?;
    Ok(("can be reached; it was sent nothing".to_owned(), None))
}

async fn of_syslog(settings: &Settings) -> Answer {
    let syslog = &settings.events.syslog;
    Syslog::probe(syslog).await.map_err(|error| error.to_string())?;
    Ok(match syslog.receiver() {
        Some((SyslogWay::Udp, ..)) => ("its name has an address; UDP tells nothing more".to_owned(), None),
        _ => ("can be reached; it was sent nothing".to_owned(), None),
    })
}

async fn of_collector(settings: &Settings) -> Answer {
    let collector = Collector::new(&settings.tracing).map_err(|error| error.to_string())?;
    if let Some(collector) = collector {
        collector.probe().await.map_err(|error| error.to_string())?;
    }
    Ok(("takes traces; it was sent none".to_owned(), None))
}
