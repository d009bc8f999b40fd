//! bimgate: a drop-in server for the BimPlus v2 authorization API, on modern directory sessions that have an API of their
//! own.
//!
//! # Where things are
//!
//! Arrows run one way, and a test holds them to it (`tests/architecture/`):
//!
//! ```text
//! cli ─→ app ─→ http ─→ token, login ─→ session ─→ bearer, auth ─→ store ─→ domain
//!   └─────────────┴──→ admin ────────────↗
//! ```
//!
//! - [`domain`]: values, records, and every rule about sessions and tokens, as plain functions on what one user has.
//! - [`store`]: the promises, one trait a capability; `embedded` (redb, the default) and `redis` keep them. A store adds
//!   atomicity, durability and expiry to the domain's rules, and has none of its own.
//! - [`error`]: why a service did not do what it was asked; one type for all between store and routes.
//! - [`events`]: what happened, kept in chains that show whether somebody changed them.
//! - [`auth`]: who is this? Passwords on threads of their own, how often they may be tried, and the OpenID Connect
//!   provider.
//! - [`bearer`]: the signed tokens that name a directory session, and the keys that sign them.
//! - [`session`]: the directory session, on which every token hangs: waiting, heartbeats, licences, closing.
//! - [`login`]: the login through a browser, from its beginning to the open session.
//! - [`token`]: access, cross and remember-me tokens, one file a use case.
//! - [`account`]: what people do with their own accounts on the account page.
//! - [`groups`]: the groups that a provisioning client manages.
//! - [`http`]: parse, one call, render; one file a path. The only place where an error becomes a response.
//! - [`sinks`]: events sent to other programs, as they happen.
//! - [`otlp`]: traces sent to a collector.
//! - [`backup`]: everything in a store as a file, and back.
//! - [`admin`]: what operators ask of users, sessions and keys, and how commands ask a running server.
//! - [`acme`]: the certificate of this server, ordered and renewed.
//! - [`demo`]: a throw-away server with the published samples, and a page that stands in for an application.
//! - [`app`]: the composition root, which alone knows all. [`settings`], [`clock`], [`tls`] and [`telemetry`] stand
//!   beside.
//!
//! # The life of a login
//!
//! `http::v2::authorize` reads the body into values that cannot be half valid and makes one call. [`token`] decides
//! which grant it is, and which client's session is asked for; [`auth`] proves the person. Then one call of the store makes
//! session, access token and perhaps remember-me token, all or none. A check is shorter: header, digest, one store
//! read, JSON. `docs/architecture.md` has both step by step.

pub mod account;
pub mod acme;
pub mod admin;
pub mod app;
pub mod auth;
pub mod backup;
pub mod bearer;
pub mod cli;
pub mod clock;
pub mod demo;
pub mod domain;
pub mod error;
pub mod events;
pub mod groups;
pub mod http;
pub mod login;
pub mod mail;
pub mod otlp;
pub mod session;
pub mod settings;
pub mod sinks;
pub mod store;
pub mod telemetry;
pub mod tls;
pub mod token;
