//! Where alerts go.

use crate::outcome::{Alert, Delivery};

/// A receiver of alerts.
pub trait Sink {
    /// The name for people, such as `console` or `webhook 127.0.0.1`. Never a whole address: it holds a secret.
    fn name(&self) -> String;

    /// Sends one alert; returns when it has arrived or was given up. Never panics: a failure is in the [`Delivery`].
    fn send(&mut self, alert: &Alert) -> Delivery;
}
