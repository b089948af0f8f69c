//! What may be shown of a text that may hold a password.

/// The longest text that is kept.
const LONGEST: usize = 200;

/// Keys of connection strings whose values are secret.
const SECRET: [&str; 8] = ["password", "passwd", "pwd", "token", "secret", "apikey", "api_key", "sslpassword"];

/// One line without passwords of addresses and connection strings, and without what a terminal would obey.
pub(super) fn plain(text: &str) -> String {
    let mut out = String::new();
    for word in text.split_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(&hidden(word));
        if out.len() > LONGEST {
            out.truncate(out.floor_char_boundary(LONGEST));
            out.push('…');
            break;
        }
    }
    out.retain(|c| !c.is_control());
    out
}

/// One word: `scheme://user:password@host/path?query`, `password=x`, `Server=x;Password=y`.
fn hidden(word: &str) -> String {
    if let Some((scheme, rest)) = word.split_once("://") {
        let rest = rest.split(['?', '#']).next().unwrap_or(rest);
        let closing = if word.ends_with(')') && !rest.ends_with(')') { ")" } else { "" };
        return format!("{scheme}://{}{closing}", without_user(rest));
    }
    if !word.contains('=') {
        return word.to_owned();
    }
    let pieces = word.split(';').map(|piece| match piece.split_once('=') {
        Some((key, _)) if SECRET.contains(&key.trim_start_matches('(').to_ascii_lowercase().as_str()) => {
            format!("{key}=***")
        }
        _ => piece.to_owned(),
    });
    pieces.collect::<Vec<_>>().join(";")
}

/// `host/path` of `user:password@host/path`. A password may hold any mark: it is what stands before the last `@`.
fn without_user(rest: &str) -> &str {
    match rest.rsplit_once('@') {
        Some((before, after)) if !before.contains('/') || before.contains(':') => after,
        _ => rest,
    }
}

/// The parts of a database's address.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Address {
    pub(super) scheme: String,
    pub(super) host: String,
    pub(super) database: String,
}

/// `scheme://user:password@host:port/database?query`. `None` for anything else.
pub(super) fn address(text: &str) -> Option<Address> {
    let text = text.trim().trim_matches(['"', '\'']);
    let text = text.strip_prefix("jdbc:").unwrap_or(text);
    let (scheme, rest) = text.split_once("://")?;
    let fits = !scheme.is_empty() && scheme.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'));
    if !fits || rest.contains(char::is_whitespace) {
        return None;
    }
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    let after = without_user(rest);
    let (host, database) = after.split_once('/').unwrap_or((after, ""));
    let named = |key: &str| {
        let pair = query.split('&').find_map(|pair| pair.strip_prefix(key)?.strip_prefix('='));
        pair.map(|value| value.replace("%2F", "/")).unwrap_or_default()
    };
    // A socket or another server may be named in the query.
    let host = if host.is_empty() { named("host") } else { host.to_owned() };
    Some(Address { scheme: scheme.to_owned(), host, database: database.trim_end_matches('/').to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_never_shown() {
        for (text, expected) in [
            ("postgres://app:hunter2@db.prod/x?password=hunter2", "postgres://db.prod/x"),
            ("postgres://app:hun/ter2@db.prod/x", "postgres://db.prod/x"),
            ("postgres://app:hunter2@x@db.prod/x", "postgres://db.prod/x"),
            ("https://token@github.com/a/b.git", "https://github.com/a/b.git"),
            ("(server https://u:hunter2@h:6443)", "(server https://h:6443)"),
            ("host=db password=hunter2 dbname=x", "host=db password=*** dbname=x"),
            ("Server=db;Password=hunter2;Database=x", "Server=db;Password=***;Database=x"),
            ("https://h/a@b", "https://h/a@b"),
            ("a\u{1b}[31m\nb", "a[31m b"),
        ] {
            assert_eq!(plain(text), expected, "{text}");
        }
        assert!(plain(&"日本".repeat(400)).len() < 210);
    }

    #[test]
    fn addresses_are_taken_apart() {
        let of = |text: &str| address(text).map(|a| format!("{} {} {}", a.scheme, a.host, a.database));
        for (text, expected) in [
            ("postgres://a:b@db.prod:5432/shop?sslmode=require", Some("postgres db.prod:5432 shop")),
            ("jdbc:postgresql://db/shop", Some("postgresql db shop")),
            ("postgresql:///shop?host=db.prod", Some("postgresql db.prod shop")),
            ("mongodb+srv://u:p@c0.mongodb.net/", Some("mongodb+srv c0.mongodb.net ")),
            ("redis://h", Some("redis h ")),
            ("shop", None),
            ("://x", None),
            ("a b://x", None),
        ] {
            assert_eq!(of(text).as_deref(), expected, "{text}");
        }
    }
}
