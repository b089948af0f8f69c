//! Alerts to an address on the web.

use std::{
    fmt, thread,
    time::{Duration, Instant},
};

use jiff::Timestamp;
use ureq::{
    Agent, Error, Timeout,
    http::{Response, StatusCode, Uri},
};

use super::{Sink, SinkError, delivered, failed, payload::Shape};
use crate::{
    number::Decimal,
    outcome::{Alert, Delivery},
};

/// How long and how often an alert is tried. The same answers give the same tries.
#[derive(Debug, Clone, Copy)]
struct Patience {
    attempts: u32,
    /// For all attempts and the pauses between them.
    total: Duration,
    /// For one attempt.
    attempt: Duration,
    /// For the connection.
    connect: Duration,
    /// Before the second attempt; doubled before each further one.
    pause: Duration,
}

const PATIENCE: Patience = Patience {
    attempts: 4,
    total: Duration::from_secs(30),
    attempt: Duration::from_secs(10),
    connect: Duration::from_secs(5),
    pause: Duration::from_millis(500),
};

/// The most redirects within one host that one attempt follows.
const REDIRECTS: u32 = 3;

/// Posts to an address.
pub(super) struct Webhook {
    shape: Shape,
    address: Uri,
    patience: Patience,
    /// When the run is over that it belongs to.
    given_up: Option<Instant>,
    agent: Agent,
    pause: Box<dyn FnMut(Duration)>,
}

/// What became of one attempt.
enum Attempt {
    Delivered,
    /// It will not help to try again, or it may already have arrived.
    Failed(String),
    /// It may help to try again, after a time if the server names one.
    Again(String, Option<Duration>),
}

/// The part of an address that is no secret.
struct Shown<'u>(&'u Uri);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = self.0.scheme_str().unwrap_or_default();
        write!(f, "{scheme}://{}", self.0.host().unwrap_or_default().to_ascii_lowercase())?;
        match self.0.port_u16() {
            Some(port) => write!(f, ":{port}/\u{2026}"),
            None => f.write_str("/\u{2026}"),
        }
    }
}

impl Webhook {
    pub(super) fn new(shape: Shape, address: &str) -> Result<Self, SinkError> {
        let refused = |reason| SinkError::Address { kind: shape.name(), reason };
        let wanted = "must be like https://example.com/path";
        let address: Uri = address.trim().parse().map_err(|_| refused(wanted))?;
        let host = address.host().filter(|host| !host.is_empty()).ok_or_else(|| refused(wanted))?;
        match (address.scheme_str(), shape) {
            (Some("https"), _) | (Some("http"), Shape::Generic) => {}
            (Some("http"), _) if is_this_machine(host) => {}
            (Some("http"), _) => return Err(refused("must begin with https://: it holds a secret")),
            _ => return Err(refused(wanted)),
        }
        Ok(Self::with(shape, address, PATIENCE, Box::new(thread::sleep)))
    }

    fn with(shape: Shape, address: Uri, patience: Patience, pause: Box<dyn FnMut(Duration)>) -> Self {
        let agent = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            // A server may close a connection that is kept.
            .max_idle_connections(0)
            .user_agent(concat!("weir/", env!("CARGO_PKG_VERSION")))
            .build()
            .new_agent();
        Self { shape, address, patience, given_up: None, agent, pause }
    }

    /// One attempt, redirects within the host included.
    fn attempt(&self, body: &str, deadline: Instant) -> Attempt {
        let mut address = self.address.clone();
        for _ in 0..=REDIRECTS {
            let left = deadline.saturating_duration_since(Instant::now()).min(self.patience.attempt);
            if left.is_zero() {
                return Attempt::Failed(too_slow(self.patience.total));
            }
            let request = self.agent.post(&address).config();
            let request = request.timeout_global(Some(left)).timeout_connect(Some(left.min(self.patience.connect)));
            let answer = request.build().content_type("application/json").send(body);
            // The body of the answer is not read: it may be endless, and may repeat the address.
            let answer = match answer {
                Ok(answer) => answer,
                Err(error) => return self.refused(&error, left),
            };
            let status = answer.status();
            if status.is_success() {
                return Attempt::Delivered;
            }
            if !matches!(status, StatusCode::TEMPORARY_REDIRECT | StatusCode::PERMANENT_REDIRECT) {
                return answered(status, retry_after(&answer, Timestamp::now()));
            }
            match redirected(&address, &answer) {
                Ok(next) => address = next,
                Err(reason) => return Attempt::Failed(format!("{}, {reason}", said(status))),
            }
        }
        Attempt::Failed(format!("redirected more than {REDIRECTS} times"))
    }

    /// What an error means. None is shown as it is: some have the address in them.
    fn refused(&self, error: &Error, left: Duration) -> Attempt {
        use std::io::ErrorKind as Kind;
        let reason = match error {
            Error::Timeout(Timeout::Connect | Timeout::Resolve) => {
                format!("no connection within {}", seconds(left.min(self.patience.connect)))
            }
            Error::HostNotFound => "no such host".to_owned(),
            Error::ConnectionFailed => "no connection".to_owned(),
            Error::Io(io)
                if matches!(
                    io.kind(),
                    Kind::ConnectionRefused | Kind::NetworkUnreachable | Kind::HostUnreachable | Kind::NetworkDown
                ) =>
            {
                io.kind().to_string()
            }
            // From here on it may have arrived, or will never.
            Error::Timeout(_) => return Attempt::Failed(format!("no answer within {}", seconds(left))),
            Error::Io(io) => return Attempt::Failed(format!("the connection broke: {}", io.kind())),
            Error::Rustls(error) => return Attempt::Failed(format!("no safe connection: {error}")),
            Error::Tls(reason) => return Attempt::Failed(format!("no safe connection: {reason}")),
            Error::Protocol(_) | Error::LargeResponseHeader(..) => {
                return Attempt::Failed("the answer is not HTTP".to_owned());
            }
            Error::ConnectProxyFailed(_) | Error::InvalidProxyUrl => {
                return Attempt::Failed("the proxy refused".to_owned());
            }
            _ => return Attempt::Failed("the request failed".to_owned()),
        };
        Attempt::Again(reason, None)
    }
}

impl Sink for Webhook {
    fn name(&self) -> String {
        format!("{} {}", self.shape.name(), Shown(&self.address))
    }

    fn send(&mut self, alert: &Alert) -> Delivery {
        let body = self.shape.body(alert);
        let now = Instant::now();
        let left = self.given_up.map(|at| at.saturating_duration_since(now));
        let total = left.map_or(self.patience.total, |left| left.min(self.patience.total));
        if total.is_zero() {
            return failed(self.name(), 0, "the time that the run was given is over".to_owned());
        }
        let deadline = now + total;
        let mut backoff = self.patience.pause;
        let mut attempts = 0;
        loop {
            attempts += 1;
            let (reason, after) = match self.attempt(&body, deadline) {
                Attempt::Delivered => return delivered(self.name(), attempts),
                Attempt::Failed(reason) => return failed(self.name(), attempts, reason),
                Attempt::Again(reason, after) => (reason, after),
            };
            if attempts >= self.patience.attempts {
                return failed(self.name(), attempts, reason);
            }
            let pause = after.unwrap_or(backoff);
            if pause >= deadline.saturating_duration_since(Instant::now()) {
                let why = match after {
                    Some(pause) => format!("{reason}, and asked to wait {}", seconds(pause)),
                    None => format!("{reason}; {}", too_slow(total)),
                };
                return failed(self.name(), attempts, why);
            }
            (self.pause)(pause);
            backoff = backoff.saturating_mul(2);
        }
    }

    fn give_up_at(&mut self, deadline: Instant) {
        self.given_up = Some(deadline);
    }
}

fn is_this_machine(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    bare.eq_ignore_ascii_case("localhost")
        || bare.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn answered(status: StatusCode, after: Option<Duration>) -> Attempt {
    let reason = said(status);
    if status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error() {
        Attempt::Again(reason, after)
    } else if status.is_redirection() {
        Attempt::Failed(format!("{reason}, a redirect that a post does not follow"))
    } else {
        Attempt::Failed(reason)
    }
}

fn said(status: StatusCode) -> String {
    let reason = status.canonical_reason().map(|reason| format!(" {reason}")).unwrap_or_default();
    format!("answered {}{reason}", status.as_u16())
}

fn too_slow(total: Duration) -> String {
    format!("not delivered within {}", seconds(total))
}

fn seconds(duration: Duration) -> String {
    format!("{} s", Decimal::rounded(duration.as_secs_f64(), 2))
}

/// How long a server asks to wait: seconds, or a date.
fn retry_after<B>(answer: &Response<B>, now: Timestamp) -> Option<Duration> {
    let text = answer.headers().get("retry-after")?.to_str().ok()?.trim();
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        // A number that does not fit is a long time as well.
        return Some(Duration::from_secs(text.parse().unwrap_or(u64::MAX)));
    }
    let date = jiff::fmt::rfc2822::parse(text).ok()?.timestamp();
    Some(Duration::try_from(date.duration_since(now)).unwrap_or(Duration::ZERO))
}

/// Where a redirect leads: within the host of `from`, or a reason why it is not followed.
fn redirected<B>(from: &Uri, answer: &Response<B>) -> Result<Uri, String> {
    let location = answer.headers().get("location").and_then(|location| location.to_str().ok()).unwrap_or_default();
    let authority = from.authority().map(|authority| authority.as_str()).unwrap_or_default();
    let scheme = from.scheme_str().unwrap_or_default();
    let whole = if location.starts_with("//") {
        format!("{scheme}:{location}")
    } else if location.starts_with('/') {
        format!("{scheme}://{authority}{location}")
    } else {
        location.to_owned()
    };
    let to: Uri = whole.parse().map_err(|_| "a redirect to nowhere".to_owned())?;
    let port = |uri: &Uri| uri.port_u16().unwrap_or(if uri.scheme_str() == Some("https") { 443 } else { 80 });
    let host = |uri: &Uri| uri.host().unwrap_or_default().to_ascii_lowercase();
    match to.scheme_str() {
        Some("http" | "https") if !host(&to).is_empty() => {}
        _ => return Err("a redirect to nowhere".to_owned()),
    }
    if to.scheme() == from.scheme() && host(&to) == host(from) && port(&to) == port(from) {
        Ok(to)
    } else {
        Err(format!("a redirect to another host, {}, which is not followed", Shown(&to)))
    }
}

#[cfg(test)]
mod tests;
