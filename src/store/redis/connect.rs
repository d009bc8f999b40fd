//! How connections are made: to one server, to the one that the sentinels name, or to a cluster.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use redis::aio::{ConnectionLike as _, MultiplexedConnection};
use redis::cluster::ClusterClient;
use redis::cluster_async::ClusterConnection;
use redis::io::tcp::TcpSettings;
use redis::sentinel::{SentinelClientBuilder, SentinelServerType};
use redis::{
    AsyncConnectionConfig, Client, Cmd, ConnectionAddr, ConnectionInfo, ErrorKind, IntoConnectionInfo as _,
    ProtocolVersion, PushInfo, RedisConnectionInfo, RedisError, RedisResult, TlsCertificates, TlsMode, Value,
};
use tokio::sync::broadcast::Sender;

use crate::settings::store_url::{self, StoreKind, Target};
use crate::settings::{Secret, StoreSettings};

/// The settings name a Redis that cannot be connected to, whether it runs or not.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// `store.url` is none.
    #[error("store.url {0}")]
    Url(&'static str),
    /// A file that the settings name cannot be read.
    #[error("{path}: {source}")]
    File {
        /// Which file.
        path: String,
        /// What the system says.
        source: std::io::Error,
    },
    /// TLS cannot be set up as the settings ask.
    #[error("TLS cannot be set up: {0}")]
    Tls(String),
}

/// An open connection. Cheap to clone, and used by many at once.
#[derive(Clone)]
pub(super) enum Connection {
    One(MultiplexedConnection),
    Cluster(ClusterConnection),
}

impl Connection {
    pub(super) async fn send(&self, command: &Cmd) -> RedisResult<Value> {
        let answer = match self {
            Self::One(connection) => connection.clone().req_packed_command(command).await,
            Self::Cluster(connection) => connection.clone().req_packed_command(command).await,
        };
        answer?.extract_error()
    }
}

/// How to connect.
pub(super) struct ConnectOptions {
    target: Target,
    username: Option<String>,
    password: Option<Secret>,
    /// The certificate authorities to trust, PEM; `None`: the system's.
    authorities: Option<Vec<u8>>,
    limit: Duration,
    /// Whether the last attempt to connect, of any worker, failed.
    down: AtomicBool,
}

/// What may be waiting to be written to one connection.
const WAITING_COMMANDS: usize = 512;

impl ConnectOptions {
    /// Reads what the settings name.
    pub(super) fn new(settings: &StoreSettings) -> Result<Self, ConnectError> {
        let target = store_url::parse(&settings.url).map_err(ConnectError::Url)?;
        let read =
            |path: &String| std::fs::read(path).map_err(|source| ConnectError::File { path: path.clone(), source });
        let authorities = settings.tls_ca_file.as_ref().map(read).transpose()?;
        let (username, password) = (settings.username.clone(), settings.password.clone());
        let options =
            Self { target, username, password, authorities, limit: settings.timeout_ms, down: AtomicBool::new(false) };
        if options.target.tls {
            crate::tls::use_aws_lc();
            let probe =
                options.info("localhost", 1).and_then(|info| Client::build_with_tls(info, options.certificates()));
            probe.map_err(|error| ConnectError::Tls(error.to_string()))?;
        }
        Ok(options)
    }

    /// How long an attempt to connect may take: as long as an act for each address that has to be tried, and for the
    /// server that is found there.
    pub(super) fn patience(&self) -> Duration {
        let steps = match self.target.kind {
            StoreKind::Single => 1,
            StoreKind::Sentinel(_) | StoreKind::Cluster => self.target.addresses.len() + 1,
        };
        self.limit.saturating_mul(u32::try_from(steps).unwrap_or(u32::MAX))
    }

    /// Whether another server may take the place of the one that acknowledged.
    pub(super) const fn fails_over(&self) -> bool {
        !matches!(self.target.kind, StoreKind::Single)
    }

    /// Logs that Redis is away, once until [`Self::note_up`].
    pub(super) fn note_down(&self, why: &str) {
        if !self.down.swap(true, Ordering::Relaxed) {
            tracing::warn!(redis = self.hosts(), why, "Redis cannot be reached");
        }
    }

    /// Logs that Redis is back, if it was away.
    pub(super) fn note_up(&self) {
        if self.down.swap(false, Ordering::Relaxed) {
            tracing::info!(redis = self.hosts(), "Redis can be reached again");
        }
    }

    /// Where it is looked for, as the settings say.
    fn hosts(&self) -> String {
        let hosts = self.target.addresses.iter().map(|(host, port)| format!("{host}:{port}"));
        hosts.collect::<Vec<_>>().join(",")
    }

    /// Opens a connection; its driver runs on the present runtime.
    pub(super) async fn connect(&self) -> RedisResult<Connection> {
        let config = self.config();
        match &self.target.kind {
            StoreKind::Single => {
                let (host, port) = &self.target.addresses[0];
                let client = self.client(self.info(host, *port)?)?;
                client.get_multiplexed_async_connection_with_config(&config).await.map(Connection::One)
            }
            StoreKind::Sentinel(master) => {
                let mut client = self.sentinels(master)?.build()?;
                client.get_async_connection_with_config(&config).await.map(Connection::One)
            }
            StoreKind::Cluster => self.cluster()?.get_async_connection().await.map(Connection::Cluster),
        }
    }

    /// Opens a connection that can subscribe, and gives what it is told to `pushes`: of a cluster to one of `servers`,
    /// or else to one that the settings name.
    pub(super) async fn listen(
        &self,
        servers: &[(String, u16)],
        pushes: Sender<PushInfo>,
    ) -> RedisResult<MultiplexedConnection> {
        let config = self.config().set_push_sender(pushes);
        if let StoreKind::Sentinel(master) = &self.target.kind {
            let mut client = self.sentinels(master)?.set_client_to_redis_protocol(ProtocolVersion::RESP3).build()?;
            return client.get_async_connection_with_config(&config).await;
        }
        let mut outcome = Err(RedisError::from((ErrorKind::Io, "no server is known")));
        for (host, port) in servers.iter().chain(&self.target.addresses) {
            let info = self.info(host, *port)?;
            let settings = info.redis_settings().clone().set_protocol(ProtocolVersion::RESP3);
            let client = self.client(info.set_redis_settings(settings))?;
            outcome = client.get_multiplexed_async_connection_with_config(&config).await;
            if outcome.is_ok() {
                break;
            }
        }
        outcome
    }

    fn config(&self) -> AsyncConnectionConfig {
        AsyncConnectionConfig::new()
            .set_connection_timeout(Some(self.limit))
            .set_response_timeout(None)
            .set_pipeline_buffer_size(WAITING_COMMANDS)
    }

    fn client(&self, info: ConnectionInfo) -> RedisResult<Client> {
        if self.target.tls { Client::build_with_tls(info, self.certificates()) } else { Client::open(info) }
    }

    /// The sentinels themselves are asked without a user name or password.
    fn sentinels(&self, master: &str) -> RedisResult<SentinelClientBuilder> {
        let addresses = self.target.addresses.iter().map(|(host, port)| self.address(host, *port));
        let mut builder = SentinelClientBuilder::new(addresses, master, SentinelServerType::Master)?
            .set_client_to_redis_db(self.target.database)
            .set_client_to_redis_tcp_settings(tcp())
            .set_client_to_sentinel_tcp_settings(tcp());
        if self.target.tls {
            builder = builder
                .set_client_to_redis_tls_mode(TlsMode::Secure)
                .set_client_to_redis_certificates(self.certificates())
                .set_client_to_sentinel_tls_mode(TlsMode::Secure)
                .set_client_to_sentinel_certificates(self.certificates());
        }
        if let Some(username) = &self.username {
            builder = builder.set_client_to_redis_username(username);
        }
        if let Some(password) = &self.password {
            builder = builder.set_client_to_redis_password(password.reveal());
        }
        Ok(builder)
    }

    fn cluster(&self) -> RedisResult<ClusterClient> {
        let nodes = self.target.addresses.iter().map(|(host, port)| self.info(host, *port));
        let mut builder = ClusterClient::builder(nodes.collect::<RedisResult<Vec<_>>>()?)
            .connection_timeout(self.limit)
            .response_timeout(self.limit)
            .retries(4)
            .min_retry_wait(10)
            .max_retry_wait(100)
            .tcp_settings(tcp());
        if self.target.tls {
            builder = builder.certs(self.certificates());
        }
        builder.build()
    }

    fn info(&self, host: &str, port: u16) -> RedisResult<ConnectionInfo> {
        let mut redis = RedisConnectionInfo::default().set_db(self.target.database);
        if let Some(username) = &self.username {
            redis = redis.set_username(username);
        }
        if let Some(password) = &self.password {
            redis = redis.set_password(password.reveal());
        }
        let info = self.address(host, port).into_connection_info()?;
        Ok(info.set_redis_settings(redis).set_tcp_settings(tcp()))
    }

    fn address(&self, host: &str, port: u16) -> ConnectionAddr {
        let host = host.to_owned();
        if self.target.tls {
            ConnectionAddr::TcpTls { host, port, insecure: false, tls_params: None }
        } else {
            ConnectionAddr::Tcp(host, port)
        }
    }

    fn certificates(&self) -> TlsCertificates {
        TlsCertificates { client_tls: None, root_cert: self.authorities.clone() }
    }
}

fn tcp() -> TcpSettings {
    TcpSettings::default().set_nodelay(true)
}
