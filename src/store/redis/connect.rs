//! Making connections: to a single server, to the server that sentinels name, or to a cluster.

use std::time::Duration;

use redis::aio::{AsyncPushSender, ConnectionLike as _, MultiplexedConnection};
use redis::cluster::ClusterClient;
use redis::cluster_async::ClusterConnection;
use redis::io::tcp::TcpSettings;
use redis::io::tcp::socket2::TcpKeepalive;
use redis::{
    AsyncConnectionConfig, Client, Cmd, ConnectionAddr, ConnectionInfo, ErrorKind, IntoConnectionInfo as _,
    ProtocolVersion, PushInfo, RedisConnectionInfo, RedisError, RedisResult, TlsCertificates, Value,
};
use tokio::sync::broadcast::Sender;

use crate::settings::store_url::{self, StoreKind, Target};
use crate::settings::{Secret, StoreSettings};

/// The settings name a Redis that can never be reached, whether it runs or not.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// `store.url` is no URL of a store.
    #[error("store.url {0}")]
    Url(&'static str),
    /// A file that the settings name cannot be read.
    #[error("{path}: {source}")]
    File {
        /// The file's path.
        path: String,
        /// The system's reason.
        source: std::io::Error,
    },
    /// TLS cannot be set up as the settings ask.
    #[error("TLS cannot be set up: {0}")]
    Tls(String),
}

/// An open connection. Cheap to clone; many calls use it at once.
#[derive(Clone)]
pub(super) enum Connection {
    One(MultiplexedConnection),
    Cluster(ClusterConnection),
}

/// A host and a port.
pub(super) type Address = (String, u16);

impl Connection {
    /// Sends a command. With `wait`, sends that command after it, and answers both answers.
    pub(super) async fn send(&self, command: &Cmd, wait: Option<&Cmd>) -> RedisResult<Value> {
        let Some(wait) = wait else {
            let answer = match self {
                Self::One(connection) => connection.clone().req_packed_command(command).await,
                Self::Cluster(connection) => connection.clone().req_packed_command(command).await,
            };
            return answer?.extract_error();
        };
        let mut both = redis::pipe();
        both.add_command(command.clone()).add_command(wait.clone());
        // In a cluster, both go to the server that has the keys of the first one.
        let answers = match self {
            Self::One(connection) => connection.clone().req_packed_commands(&both, 0, 2).await,
            Self::Cluster(connection) => connection.clone().req_packed_commands(&both, 0, 2).await,
        };
        answers?.into_iter().map(Value::extract_error).collect::<RedisResult<_>>().map(Value::Array)
    }
}

/// How to connect.
pub(super) struct ConnectOptions {
    target: Target,
    username: Option<String>,
    password: Option<Secret>,
    /// The certificate authorities to trust, as PEM; `None`: those of the system.
    authorities: Option<Vec<u8>>,
    /// How long one step of an attempt to connect may take.
    pub(super) limit: Duration,
}

/// How many commands may wait to be written to one connection.
const WAITING_COMMANDS: usize = 512;

impl ConnectOptions {
    /// Reads the settings and the files that they name.
    pub(super) fn new(settings: &StoreSettings) -> Result<Self, ConnectError> {
        let target = store_url::parse(&settings.url).map_err(ConnectError::Url)?;
        let read =
            |path: &String| std::fs::read(path).map_err(|source| ConnectError::File { path: path.clone(), source });
        let authorities = settings.tls_ca_file.as_ref().map(read).transpose()?;
        let (username, password) = (settings.username.clone(), settings.password.clone());
        let options = Self { target, username, password, authorities, limit: settings.timeout_ms };
        if options.target.tls {
            crate::tls::use_aws_lc();
            let probe = options
                .info(&("localhost".into(), 1))
                .and_then(|info| Client::build_with_tls(info, options.certificates()));
            probe.map_err(|error| ConnectError::Tls(error.to_string()))?;
        }
        Ok(options)
    }

    /// How long an attempt to connect may take. Each step may take as long as a call. With sentinels the steps are:
    /// asking them, connecting, and asking for the role; for a cluster: trying each address, and connecting to the
    /// servers found.
    pub(super) fn patience(&self) -> Duration {
        let steps = match self.target.kind {
            StoreKind::Single => 1,
            StoreKind::Sentinel(_) => 3,
            StoreKind::Cluster => self.target.addresses.len() + 1,
        };
        self.limit.saturating_mul(u32::try_from(steps).unwrap_or(u32::MAX))
    }

    /// The sentinels, and the name by which they know the primary.
    pub(super) fn sentinels(&self) -> Option<(&str, &[Address])> {
        match &self.target.kind {
            StoreKind::Sentinel(name) => Some((name, &self.target.addresses)),
            StoreKind::Single | StoreKind::Cluster => None,
        }
    }

    /// Whether a replica may take the place of the server that acknowledged a write.
    pub(super) const fn fails_over(&self) -> bool {
        !matches!(self.target.kind, StoreKind::Single)
    }

    /// The addresses in the settings, for the log.
    pub(super) fn hosts(&self) -> String {
        let hosts = self.target.addresses.iter().map(|(host, port)| format!("{host}:{port}"));
        hosts.collect::<Vec<_>>().join(",")
    }

    /// Opens a connection to a single server or to a cluster; its driver runs on the present runtime.
    pub(super) async fn connect(&self) -> RedisResult<Connection> {
        match &self.target.kind {
            StoreKind::Cluster => self.cluster()?.get_async_connection().await.map(Connection::Cluster),
            StoreKind::Single | StoreKind::Sentinel(_) => self.connect_to(&self.target.addresses[0]).await,
        }
    }

    /// Opens a connection to one server.
    pub(super) async fn connect_to(&self, server: &Address) -> RedisResult<Connection> {
        let client = self.client(self.info(server)?)?;
        client.get_multiplexed_async_connection_with_config(&self.config()).await.map(Connection::One)
    }

    /// Opens a connection that can subscribe, to the first server that can be reached: of `servers`, else of those in
    /// the settings. What is published goes to `pushes`.
    pub(super) async fn subscribe(
        &self,
        servers: &[Address],
        pushes: Sender<PushInfo>,
    ) -> RedisResult<MultiplexedConnection> {
        let mut outcome = Err(RedisError::from((ErrorKind::Io, "no server is known")));
        let settings = if self.sentinels().is_some() { &[] } else { &self.target.addresses[..] };
        for server in servers.iter().chain(settings) {
            outcome = self.connect_with_pushes(self.info(server)?, self.config(), pushes.clone()).await;
            if outcome.is_ok() {
                break;
            }
        }
        outcome
    }

    /// Opens a connection to a sentinel, without user name and password: those are the primary's.
    pub(super) async fn connect_sentinel(
        &self,
        sentinel: &Address,
        pushes: impl AsyncPushSender,
    ) -> RedisResult<MultiplexedConnection> {
        let info = self.address(sentinel).into_connection_info()?.set_tcp_settings(tcp());
        let config = self.config().set_response_timeout(Some(self.limit));
        self.connect_with_pushes(info, config, pushes).await
    }

    async fn connect_with_pushes(
        &self,
        info: ConnectionInfo,
        config: AsyncConnectionConfig,
        pushes: impl AsyncPushSender,
    ) -> RedisResult<MultiplexedConnection> {
        let settings = info.redis_settings().clone().set_protocol(ProtocolVersion::RESP3);
        let client = self.client(info.set_redis_settings(settings))?;
        client.get_multiplexed_async_connection_with_config(&config.set_push_sender(pushes)).await
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

    fn cluster(&self) -> RedisResult<ClusterClient> {
        let nodes = self.target.addresses.iter().map(|address| self.info(address));
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

    fn info(&self, address: &Address) -> RedisResult<ConnectionInfo> {
        let mut redis = RedisConnectionInfo::default().set_db(self.target.database);
        if let Some(username) = &self.username {
            redis = redis.set_username(username);
        }
        if let Some(password) = &self.password {
            redis = redis.set_password(password.reveal());
        }
        let info = self.address(address).into_connection_info()?;
        Ok(info.set_redis_settings(redis).set_tcp_settings(tcp()))
    }

    fn address(&self, address: &Address) -> ConnectionAddr {
        let (host, port) = address.clone();
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
    // A connection that is cut while nothing is sent is noticed only by keepalive.
    TcpSettings::default().set_nodelay(true).set_keepalive(TcpKeepalive::new().with_time(Duration::from_secs(30)))
}
