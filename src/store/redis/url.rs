//! The forms of `store.url` that name a Redis, see [`StoreSettings::url`](crate::settings::StoreSettings::url).

/// Where Redis is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Target {
    /// Whether connections are TLS.
    pub(super) tls: bool,
    /// How to get from the addresses to the server that holds a key.
    pub(super) kind: Kind,
    /// Hosts and ports; at least one.
    pub(super) addresses: Vec<(String, u16)>,
    /// The database number; 0 in a cluster.
    pub(super) database: i64,
}

/// How to get from the addresses to the server that holds a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// The one address is the server.
    Single,
    /// The addresses are sentinels, which know the server of this name.
    Sentinel(String),
    /// The addresses are some of a cluster's nodes.
    Cluster,
}

const PORT: u16 = 6379;
const SENTINEL_PORT: u16 = 26379;

/// Reads a URL. The error is a sentence for the operator; it repeats nothing of the URL, which may hold a password
/// that should not be there.
pub(super) fn parse(url: &str) -> Result<Target, &'static str> {
    let (scheme, rest) = url.split_once("://").ok_or("it has no `://`")?;
    let (tls, kind) = match scheme {
        "redis" => (false, ""),
        "rediss" => (true, ""),
        "redis+sentinel" => (false, "sentinel"),
        "rediss+sentinel" => (true, "sentinel"),
        "redis+cluster" => (false, "cluster"),
        "rediss+cluster" => (true, "cluster"),
        _ => return Err("its scheme is none of redis, rediss, redis(s)+sentinel, redis(s)+cluster"),
    };
    if rest.contains('@') {
        return Err("user and password do not belong into it: set store.username and store.password");
    }
    let (hosts, path) = rest.split_once('/').unwrap_or((rest, ""));
    let port = if kind == "sentinel" { SENTINEL_PORT } else { PORT };
    let addresses = hosts.split(',').map(|address| parse_address(address, port)).collect::<Result<Vec<_>, _>>()?;
    let (kind, database) = match kind {
        "sentinel" => {
            let (master, database) = path.split_once('/').unwrap_or((path, ""));
            if master.is_empty() {
                return Err("it does not say which master the sentinels should be asked for (…/MASTER)");
            }
            (Kind::Sentinel(master.into()), database)
        }
        "cluster" if !path.is_empty() => return Err("a cluster has no databases to choose from"),
        "cluster" => (Kind::Cluster, ""),
        _ if addresses.len() > 1 => return Err("more than one host needs redis+sentinel or redis+cluster"),
        _ => (Kind::Single, path),
    };
    let database = if database.is_empty() { Ok(0) } else { database.parse().map(u16::into) };
    Ok(Target { tls, kind, addresses, database: database.map_err(|_| "its database is no number")? })
}

fn parse_address(text: &str, default_port: u16) -> Result<(String, u16), &'static str> {
    let (host, port) = if let Some(rest) = text.strip_prefix('[') {
        let (host, port) = rest.split_once(']').ok_or("an IPv6 address in it is not closed by `]`")?;
        (host, port.strip_prefix(':'))
    } else {
        text.split_once(':').map_or((text, None), |(host, port)| (host, Some(port)))
    };
    if host.is_empty() {
        return Err("a host is missing in it");
    }
    let port = port.map_or(Ok(default_port), str::parse).map_err(|_| "a port in it is no number below 65536")?;
    Ok((host.into(), port))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(tls: bool, kind: Kind, addresses: &[(&str, u16)], database: i64) -> Target {
        let addresses = addresses.iter().map(|(host, port)| ((*host).into(), *port)).collect();
        Target { tls, kind, addresses, database }
    }

    #[test]
    fn every_form_is_read() {
        assert_eq!(parse("redis://db"), Ok(target(false, Kind::Single, &[("db", 6379)], 0)));
        assert_eq!(parse("rediss://[::1]:7000/3"), Ok(target(true, Kind::Single, &[("::1", 7000)], 3)));
        let sentinel = Kind::Sentinel("main".into());
        assert_eq!(parse("redis+sentinel://a,b:7/main/2"), Ok(target(false, sentinel, &[("a", 26379), ("b", 7)], 2)));
        assert_eq!(parse("rediss+cluster://a,b:7"), Ok(target(true, Kind::Cluster, &[("a", 6379), ("b", 7)], 0)));
    }

    #[test]
    fn anything_else_is_refused() {
        for url in [
            "",
            "redis",
            "http://db",
            "redis://",
            "redis://user:secret@db",
            "redis://a,b",
            "redis://db:port",
            "redis://db/x",
            "redis://[::1",
            "redis+sentinel://a",
            "redis+cluster://a/1",
        ] {
            assert!(parse(url).is_err(), "{url}");
        }
    }
}
