//! Where a request goes, as far as its address says so.

use std::net::Ipv4Addr;

use crate::call::{Arg, HOLE, Value};

/// A place to which something is sent, from the one that matters least to the one that matters most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Place {
    /// This machine.
    Local,
    /// A service that signs its callers in, or an address that is not known.
    Service,
    /// In the clear, at a bare number, or where anybody may read what arrives.
    Exposed,
}

/// Services that show what they are sent to whoever has the address, and tunnels to machines of strangers.
const CATCHERS: &[&str] = &[
    "webhook.site",
    "webhook.cool",
    "requestbin.com",
    "requestbin.net",
    "requestcatcher.com",
    "pipedream.net",
    "hookbin.com",
    "beeceptor.com",
    "mockbin.org",
    "mockbin.io",
    "postb.in",
    "ptsv2.com",
    "ptsv3.com",
    "ngrok.io",
    "ngrok.app",
    "ngrok.dev",
    "ngrok-free.app",
    "ngrok-free.dev",
    "trycloudflare.com",
    "loca.lt",
    "localtunnel.me",
    "serveo.net",
    "localhost.run",
    "lhr.life",
    "pinggy.io",
    "bore.pub",
    "pastebin.com",
    "paste.rs",
    "paste.ee",
    "dpaste.com",
    "dpaste.org",
    "ix.io",
    "sprunge.us",
    "termbin.com",
    "hastebin.com",
    "rentry.co",
    "0x0.st",
    "transfer.sh",
    "file.io",
    "bashupload.com",
    "temp.sh",
    "gofile.io",
    "catbox.moe",
    "tmpfiles.org",
    "uguu.se",
    "oshi.at",
    "envs.sh",
    "interact.sh",
    "interactsh.com",
    "oast.fun",
    "oast.live",
    "oast.me",
    "oast.online",
    "oast.pro",
    "oast.site",
    "oastify.com",
    "burpcollaborator.net",
    "canarytokens.com",
    "dnslog.cn",
    "ceye.io",
];

/// What `socat` calls things of this machine that are no place to send to.
const LOCAL: &[&str] =
    &["file", "open", "gopen", "create", "exec", "system", "stdio", "stdin", "stdout", "fd", "pty", "pipe"];

/// What it calls other machines.
const NETWORK: &[&str] = &["tcp", "udp", "openssl", "ssl", "sctp", "socks", "proxy"];

/// The worst of the places that the arguments name; `None` where they name none.
pub(super) fn of(to: &[Arg]) -> Option<Place> {
    to.iter().flat_map(addresses).filter_map(place).max()
}

/// The hosts that the arguments name.
pub(super) fn hosts(to: &[Arg]) -> impl Iterator<Item = &str> {
    to.iter().flat_map(addresses).filter_map(|text| parts(text).map(|(_, host)| host)).filter(|host| !host.is_empty())
}

fn addresses(arg: &Arg) -> impl Iterator<Item = &str> {
    let (one, many): (Option<&str>, &[String]) = match &arg.value {
        Value::Known(text) | Value::Prefix(text) => (Some(arg.template.as_deref().unwrap_or(text)), &[]),
        Value::OneOf(texts) => (None, texts),
        Value::Unknown => (Some(arg.template.as_deref().unwrap_or_default()), &[]),
    };
    one.into_iter().chain(many.iter().map(String::as_str))
}

/// The scheme and the host of an address; the host ends where it is not known any more. `None` for a word that is no
/// address.
fn parts(text: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = text.split_once("://").unwrap_or(("", text));
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let method = !text.is_empty() && text.bytes().all(|letter| letter.is_ascii_uppercase());
    // `a=b`, `file@.env` and `Name:value` are items of a request, and `POST` its method.
    if scheme.is_empty() && (method || authority.contains(['=', '@', ' ', ';'])) {
        return None;
    }
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let host = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    Some((scheme, host))
}

fn place(text: &str) -> Option<Place> {
    // `:3000/x` is this machine for some clients.
    if text.strip_prefix(':').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit() || c == '/')) {
        return Some(Place::Local);
    }
    if text == "-" {
        return None;
    }
    // `TCP:host:port` of `socat`.
    let text = match text.split_once(':').map(|(kind, rest)| (kind.to_ascii_lowercase(), rest)) {
        Some((kind, _)) if LOCAL.contains(&kind.as_str()) => return None,
        Some((kind, _)) if kind.starts_with("unix") || kind.starts_with("abstract") => return Some(Place::Local),
        Some((kind, rest)) if NETWORK.iter().any(|known| kind.starts_with(known)) && !rest.starts_with("//") => rest,
        _ => text,
    };
    let (scheme, host) = parts(text)?;
    if host.is_empty() || host.starts_with(HOLE) {
        return Some(Place::Service);
    }
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    if matches!(host.as_str(), "localhost" | "::1" | "0.0.0.0" | "host.docker.internal") || host.ends_with(".localhost")
    {
        return Some(Place::Local);
    }
    if let Ok(address) = host.parse::<Ipv4Addr>() {
        return Some(match (address.is_loopback(), address.is_private() || address.is_link_local()) {
            (true, _) => Place::Local,
            (_, true) => Place::Service,
            _ => Place::Exposed,
        });
    }
    let caught = CATCHERS
        .iter()
        .any(|known| host.strip_suffix(known).is_some_and(|start| start.is_empty() || start.ends_with('.')));
    // Inside of a network of one's own nobody else listens.
    let internal = !host.contains('.')
        || [
            ".local",
            ".internal",
            ".lan",
            ".test",
            ".svc",
            ".consul",
            ".cluster.local",
            ".home.arpa",
            ".intranet",
            ".corp",
        ]
        .iter()
        .any(|end| host.ends_with(end))
        || host.contains(HOLE);
    let clear = matches!(scheme, "http" | "ftp" | "ws" | "telnet" | "tcp") && !internal;
    Some(if caught || clear { Place::Exposed } else { Place::Service })
}

/// Whether a variable is called after the service at `host` (`SLACK_TOKEN`, `api.slack.com`): a credential that goes
/// back to who has given it.
pub(super) fn belongs(variable: &str, host: &str) -> bool {
    const SHORTEST: usize = 4;
    // Words that say what it is and not whose.
    const COMMON: &[&str] =
        &["TOKEN", "SECRET", "PASSWORD", "PASS", "ACCESS", "AUTH", "USER", "CLIENT", "SERVICE", "CLOUD"];
    let host = host.to_ascii_lowercase();
    let mut labels = host.rsplit('.').skip(1);
    let Some(mut label) = labels.next() else { return false };
    // `example.co.uk`
    if label.len() <= 3
        && let Some(next) = labels.next()
    {
        label = next;
    }
    variable
        .split('_')
        .filter(|word| word.len() >= SHORTEST && !COMMON.contains(word))
        .any(|word| label.contains(&word.to_ascii_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_says_who_may_read_what_it_gets() {
        for (text, expected) in [
            ("https://api.github.com/user", Some(Place::Service)),
            ("api.github.com/user", Some(Place::Service)),
            ("http://api.github.com/user", Some(Place::Exposed)),
            ("http://u:p@LOCALHOST:80/x", Some(Place::Local)),
            ("127.0.0.53:80", Some(Place::Local)),
            ("[::1]:80", Some(Place::Local)),
            (":3000/x", Some(Place::Local)),
            ("http://backend:8080/x", Some(Place::Service)),
            ("http://10.2.3.4/x", Some(Place::Service)),
            ("https://203.0.113.9/x", Some(Place::Exposed)),
            ("https://abc.ngrok.io", Some(Place::Exposed)),
            ("https://notngrok.io", Some(Place::Service)),
            ("http://vault.svc.cluster.local", Some(Place::Service)),
            ("https://localhost.evil.com", Some(Place::Service)),
            ("POST", None),
            ("file@.env", None),
            ("a=b", None),
        ] {
            assert_eq!(of(&[Arg::known(text)]), expected, "{text}");
        }
        assert_eq!(of(&[Arg::known("http://localhost"), Arg::known("https://x.com")]), Some(Place::Service));
        assert_eq!(of(&[Arg::new(Value::Unknown, "$URL")]), Some(Place::Service));
    }

    #[test]
    fn a_credential_belongs_to_the_service_that_it_is_called_after() {
        for (variable, host) in [
            ("SLACK_BOT_TOKEN", "slack.com"),
            ("TELEGRAM_TOKEN", "api.telegram.org"),
            ("STRIPE_SECRET_KEY", "api.stripe.com"),
            ("OPENWEATHER_API_KEY", "api.openweathermap.org"),
        ] {
            assert!(belongs(variable, host), "{variable} {host}");
        }
        for (variable, host) in [
            ("SLACK_BOT_TOKEN", "slack.evil.com"),
            ("API_KEY", "api.example.com"),
            ("ACCESS_TOKEN", "access-token.io"),
            ("DB_PASSWORD", "localhost"),
        ] {
            assert!(!belongs(variable, host), "{variable} {host}");
        }
    }
}
