//! Alerts in a file, one line of JSON each.

use std::{
    fs::OpenOptions,
    io::{self, Read, Seek, SeekFrom, Write},
    path::PathBuf,
};

use super::{Sink, delivered, failed, payload};
use crate::outcome::{Alert, Delivery};

/// Appends to a file. It is opened for each alert, so that it can be moved away in between.
pub(super) struct File {
    path: PathBuf,
}

impl File {
    pub(super) fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    fn append(&self, alert: &Alert) -> io::Result<()> {
        let mut file = OpenOptions::new().read(true).append(true).create(true).open(&self.path)?;
        let mut line = Vec::new();
        // What a crash has cut off must not take the next line with it.
        if file.metadata()?.is_file() && file.seek(SeekFrom::End(0))? > 0 {
            let mut last = [0];
            file.seek(SeekFrom::End(-1))?;
            file.read_exact(&mut last)?;
            if last != *b"\n" {
                line.push(b'\n');
            }
        }
        line.extend_from_slice(payload::generic(alert).as_bytes());
        line.push(b'\n');
        // One write to a file that only grows: lines of several programs do not mix.
        file.write_all(&line)?;
        file.sync_all()
    }
}

impl Sink for File {
    fn name(&self) -> String {
        format!("file {}", self.path.display())
    }

    fn send(&mut self, alert: &Alert) -> Delivery {
        match self.append(alert) {
            Ok(()) => delivered(self.name(), 1),
            Err(error) => failed(self.name(), 1, error.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::sink::tests::alert;

    #[test]
    fn each_alert_is_one_line_of_json() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("alerts.jsonl");
        let mut sink = File::new(&path);
        assert!(sink.send(&alert()).delivered);
        let line = concat!(
            r#"{"timestamp":"2026-04-15T12:34:56.789Z","type":"critical","level":"critical","#,
            r#""message":"6/6 \"dimensions\" <!channel> & é\n\u001b[31m","cause":"guardrail_gap_fetch"}"#,
            "\n"
        );
        assert_eq!(fs::read_to_string(&path).unwrap(), line);
        // Another program has moved the file away.
        fs::rename(&path, directory.path().join("old")).unwrap();
        assert!(sink.send(&alert()).delivered && sink.send(&alert()).delivered);
        assert_eq!(fs::read_to_string(&path).unwrap(), line.repeat(2));
    }

    #[test]
    fn a_line_that_was_cut_off_does_not_harm_the_next() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("alerts.jsonl");
        fs::write(&path, "{\"timestamp\":\"20").unwrap();
        assert!(File::new(&path).send(&alert()).delivered);
        let text = fs::read_to_string(&path).unwrap();
        let lines: Vec<_> = text.lines().collect();
        assert_eq!((lines[0], lines.len()), ("{\"timestamp\":\"20", 2));
        assert!(serde_json::from_str::<serde_json::Value>(lines[1]).is_ok());
    }

    #[test]
    fn many_writers_do_not_mix_their_lines() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("alerts.jsonl");
        // The file is there, so that no writer sees it grow from nothing.
        assert!(File::new(&path).send(&alert()).delivered);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    let mut sink = File::new(&path);
                    let long = Alert { message: "x".repeat(10_000), ..alert() };
                    assert!((0..10).all(|_| sink.send(&long).delivered));
                });
            }
        });
        let text = fs::read_to_string(&path).unwrap();
        let parsed = text.lines().filter(|line| !line.is_empty()).map(serde_json::from_str::<serde_json::Value>);
        assert_eq!(parsed.map(Result::unwrap).count(), 41);
    }

    #[test]
    fn a_file_that_cannot_be_written_is_a_failure() {
        let directory = tempfile::tempdir().unwrap();
        for path in [directory.path().to_owned(), directory.path().join("missing/alerts.jsonl")] {
            let delivery = File::new(path).send(&alert());
            assert!(!delivery.delivered && delivery.error.is_some());
        }
    }
}
