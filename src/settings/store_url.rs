//! The forms of `store.url` that name a Redis, see [`StoreSettings::url`](super::StoreSettings::url).

/// Where Redis is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    /// Whether connections are TLS.
    pub(crate) tls: bool,
    /// How to get from the addresses to the server that holds a key.
    pub(crate) kind: StoreKind,
    /// Hosts and ports; at least one.
    pub(crate) addresses: Vec<(String, u16)>,
    /// The database number; 0 in a cluster.
    pub(crate) database: i64,
}

/// How to get from the addresses to the server that holds a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum StoreKind {
    /// The one address is the server.
    Single,
    /// The addresses are sentinels, which know the server of this name.
    Sentinel(String),
    /// The addresses are some of a cluster's nodes.
    Cluster,
}

const PORT: u16 = 6379;
const SENTINEL_PORT: u16 = 26379;
const FORMS: &str = "must be embedded:PATH, redis://HOST[:PORT][/DB], redis+sentinel://HOST,HOST,.../MASTER[/DB] or \
                     redis+cluster://HOST,HOST,...; with rediss instead of redis for TLS";

/// Reads a URL. The error ends a sentence for the operator that begins with the setting's name. It repeats nothing of
/// the URL, which may hold a password that should not be there.
pub(crate) fn parse(url: &str) -> Result<Target, &'static str> {
    let (scheme, rest) = url.split_once("://").ok_or(FORMS)?;
    let (tls, kind) = match scheme {
        "redis" => (false, ""),
        "rediss" => (true, ""),
        "redis+sentinel" => (false, "sentinel"),
        "rediss+sentinel" => (true, "sentinel"),
        "redis+cluster" => (false, "cluster"),
        "rediss+cluster" => (true, "cluster"),
        _ => return Err(FORMS),
    };
    if rest.contains('@') {
        return Err(
            "must hold neither user nor password: URLs end up in logs; see store.username, store.password_file",
        );
    }
    let (hosts, path) = rest.split_once('/').unwrap_or((rest, ""));
    let port = if kind == "sentinel" { SENTINEL_PORT } else { PORT };
    let addresses = hosts.split(',').map(|address| parse_address(address, port)).collect::<Result<Vec<_>, _>>()?;
    let (kind, database) = match kind {
        "sentinel" => {
            let (master, database) = path.split_once('/').unwrap_or((path, ""));
            if master.is_empty() {
                return Err("must say which master the sentinels should be asked for (.../MASTER)");
            }
            (StoreKind::Sentinel(master.into()), database)
        }
        "cluster" if !path.is_empty() => return Err("must not choose a database: a cluster has one"),
        "cluster" => (StoreKind::Cluster, ""),
        _ if addresses.len() > 1 => {
            return Err("must begin with redis+sentinel or redis+cluster to have more than one host");
        }
        _ => (StoreKind::Single, path),
    };
    let database = if database.is_empty() { Ok(0) } else { database.parse().map(u16::into) };
    Ok(Target { tls, kind, addresses, database: database.map_err(|_| "must have a number for a database")? })
}

/// `HOST[:PORT]`; an IPv6 address in brackets.
fn parse_address(text: &str, default_port: u16) -> Result<(String, u16), &'static str> {
    let (host, port) = if let Some(rest) = text.strip_prefix('[') {
        let (host, port) = rest.split_once(']').ok_or("must close an IPv6 address by `]`")?;
        host.parse::<std::net::Ipv6Addr>().map_err(|_| "must have nothing but an IPv6 address in brackets")?;
        (host, if port.is_empty() { None } else { Some(port.strip_prefix(':').ok_or(FORMS)?) })
    } else {
        let (host, port) = text.split_once(':').map_or((text, None), |(host, port)| (host, Some(port)));
        let good = |letter: u8| letter.is_ascii_alphanumeric() || b".-_".contains(&letter);
        if host.is_empty() || !host.bytes().all(good) {
            return Err("must have a name or an address for every host");
        }
        (host, port)
    };
    let port = port.map_or(Ok(default_port), str::parse).ok().filter(|port| *port != 0);
    Ok((host.into(), port.ok_or("must have a number from 1 to 65535 for a port")?))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn arbitrary_text_names_a_redis_or_none(text in "(?s).{0,60}|rediss?(\\+(sentinel|cluster))?://[a:\\[\\]0-9,/@.-]{0,30}") {
            if let Ok(target) = parse(&text) {
                prop_assert!(!target.addresses.is_empty());
                prop_assert!(target.addresses.iter().all(|(host, port)| !host.is_empty() && *port != 0));
            }
        }
    }

    fn target(tls: bool, kind: StoreKind, addresses: &[(&str, u16)], database: i64) -> Target {
        let addresses = addresses.iter().map(|(host, port)| ((*host).into(), *port)).collect();
        Target { tls, kind, addresses, database }
    }

    #[test]
    fn every_form_is_read() {
        assert_eq!(parse("redis://db"), Ok(target(false, StoreKind::Single, &[("db", 6379)], 0)));
        assert_eq!(parse("rediss://[::1]:7000/3"), Ok(target(true, StoreKind::Single, &[("::1", 7000)], 3)));
        let sentinel = StoreKind::Sentinel("main".into());
        assert_eq!(parse("redis+sentinel://a,b:7/main/2"), Ok(target(false, sentinel, &[("a", 26379), ("b", 7)], 2)));
        assert_eq!(parse("rediss+cluster://a,b:7"), Ok(target(true, StoreKind::Cluster, &[("a", 6379), ("b", 7)], 0)));
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
