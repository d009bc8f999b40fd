//! Programs and networks in plain words.

use std::net::IpAddr;

/// How much of a program's name for itself is shown, in characters.
const MOST: usize = 60;

/// Marks of browsers in a `User-Agent`, the most particular first: each names those that it descends from too.
const BROWSERS: [(&str, &str); 11] = [
    ("Edg/", "Edge"),
    ("EdgA/", "Edge"),
    ("EdgiOS/", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
    ("Version/", "Safari"),
];

/// Marks of operating systems, the most particular first.
const SYSTEMS: [(&str, &str); 7] = [
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
];

/// What a `User-Agent` says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Described {
    /// A browser, on a system.
    Browser {
        /// Its name.
        name: &'static str,
        /// The system's.
        system: Option<&'static str>,
    },
    /// Another program, as it calls itself.
    Program(String),
    /// It does not say.
    Unnamed,
}

/// A program by its `User-Agent`, which may be cut off.
#[must_use]
pub fn describe(user_agent: &str) -> Described {
    let find = |marks: &[(&str, &'static str)]| {
        marks.iter().find(|(mark, _)| user_agent.contains(mark)).map(|(_, name)| *name)
    };
    if user_agent.starts_with("Mozilla/")
        && let Some(name) = find(&BROWSERS)
    {
        return Described::Browser { name, system: find(&SYSTEMS) };
    }
    let own = user_agent.split(" (").next().unwrap_or_default().trim();
    let mut name: String = own.chars().take(MOST).collect();
    if name.len() < own.len() {
        name.push('…');
    }
    if name.is_empty() { Described::Unnamed } else { Described::Program(name.replacen('/', " ", 1)) }
}

/// About where an address is: the first 24 bits of an IPv4 address, 48 of an IPv6 address.
#[must_use]
pub fn roughly(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => {
            let [a, b, c, _] = address.octets();
            format!("{a}.{b}.{c}.*")
        }
        IpAddr::V6(address) => {
            let [a, b, c, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}:*")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browsers_are_told_apart() {
        const WEBKIT: &str = "AppleWebKit/537.36 (KHTML, like Gecko)";
        let browser = |name, system| Described::Browser { name, system: Some(system) };
        for (user_agent, described) in [
            (
                format!("Mozilla/5.0 (Windows NT 10.0; Win64; x64) {WEBKIT} Chrome/126.0.0.0 Safari/537.36 Edg/126.0"),
                browser("Edge", "Windows"),
            ),
            (
                format!("Mozilla/5.0 (Linux; Android 10; K) {WEBKIT} Chrome/126.0.0.0 Mobile Safari/537.36"),
                browser("Chrome", "Android"),
            ),
            (
                "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0".to_owned(),
                browser("Firefox", "Linux"),
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5"
                    .to_owned(),
                browser("Safari", "iPhone"),
            ),
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Safari"
                    .to_owned(),
                browser("Safari", "macOS"),
            ),
            ("Mozilla/5.0 Firefox/1".to_owned(), Described::Browser { name: "Firefox", system: None }),
            ("Mozilla/5.0 (compatible)".to_owned(), Described::Program("Mozilla 5.0".to_owned())),
            ("Allplan/2027.1 (Windows)".to_owned(), Described::Program("Allplan 2027.1".to_owned())),
            ("x".repeat(100), Described::Program(format!("{}…", "x".repeat(60)))),
            (" (nothing)".to_owned(), Described::Unnamed),
            (String::new(), Described::Unnamed),
        ] {
            assert_eq!(describe(&user_agent), described, "{user_agent}");
        }
    }

    #[test]
    fn an_address_is_shown_without_its_end() -> Result<(), std::net::AddrParseError> {
        assert_eq!(roughly("192.0.2.77".parse()?), "192.0.2.*");
        assert_eq!(roughly("::ffff:192.0.2.77".parse()?), "192.0.2.*");
        assert_eq!(roughly("2001:db8:1:2::3".parse()?), "2001:db8:1:*");
        Ok(())
    }
}
