//! `run.toml`: where a supervised command may write, what it may reach, and from where on people are asked.
//!
//! ```toml
//! tier = "guard"                  # refuse to run under less
//! write = ["~/.cache/mytool"]     # besides the project, temporary directories and caches
//! protect = ["data/"]             # nothing may change here
//! limit_files = 50000             # ask people beyond this
//! limit_bytes = 20000000000
//! network = "judged"              # open, judged or closed
//! connect = ["*.example.com", "10.0.0.0:5432"]
//! refuse = ["*:25", "169.254.169.254"]
//! ```

use std::path::{Path, PathBuf};

use serde::Deserialize;
use thiserror::Error;
use weir_model::fits_pattern;

use crate::{Config, policy_layers};

/// The name of the file, in the directory of each layer of policies.
const FILE: &str = "run.toml";

/// How large a file may be, in bytes.
const LARGEST: u64 = 256 * 1024;

/// What a supervised command may reach.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Network {
    /// Everything but what is refused.
    #[default]
    Open,
    /// Only what is listed.
    Judged,
    /// Nothing.
    Closed,
}

/// What `weir run` works with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunSettings {
    /// True where a weaker tier than the full guard is refused.
    pub full_guard_only: bool,
    /// Places that may be written besides the usual ones; absolute.
    pub write: Vec<PathBuf>,
    /// Places in which nothing may change; absolute.
    pub protect: Vec<PathBuf>,
    /// Files and directories that may be taken away before people are asked.
    pub limit_files: u64,
    /// Bytes that may be taken away before people are asked.
    pub limit_bytes: u64,
    /// What may be reached.
    pub network: Network,
    /// Hosts that may be reached where it is judged: `host`, `host:port`, with `*` for any text.
    pub connect: Vec<String>,
    /// Hosts that are always refused, in the same form.
    pub refuse: Vec<String>,
}

impl Default for RunSettings {
    fn default() -> Self {
        Self {
            full_guard_only: false,
            write: Vec::new(),
            protect: Vec::new(),
            // Everything can be put back; beyond this a person should know of it before it goes on.
            limit_files: 100_000,
            limit_bytes: 50_000_000_000,
            network: Network::Open,
            connect: Vec::new(),
            refuse: Vec::new(),
        }
    }
}

/// A `run.toml` cannot be used.
#[derive(Debug, Error)]
#[error("`{}`: {what}", path.display())]
pub struct RunSettingsError {
    path: PathBuf,
    what: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    tier: Option<TierName>,
    #[serde(default)]
    write: Vec<String>,
    #[serde(default)]
    protect: Vec<String>,
    limit_files: Option<u64>,
    limit_bytes: Option<u64>,
    network: Option<Network>,
    #[serde(default)]
    connect: Vec<String>,
    #[serde(default)]
    refuse: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum TierName {
    Guard,
    Floor,
}

impl RunSettings {
    /// What the organization, the person and the repository say for a command in `cwd`. Each of them adds to the layers
    /// below it, the stricter value counts, and a repository can only tighten.
    ///
    /// # Errors
    /// A file that cannot be read or has a mistake: what it forbids is not known then, and nothing may run.
    pub fn load(config: &Config, cwd: &Path) -> Result<Self, RunSettingsError> {
        let layers = policy_layers(config, cwd);
        let mut settings = Self::default();
        let home = config.person_home.as_deref();
        let mut strictest = Vec::new();
        for (dir, owned) in [(&layers.organization, true), (&layers.user, true), (&layers.repository, false)] {
            let Some(dir) = dir else { continue };
            let path = dir.join(FILE);
            let Some(file) = read(&path)? else { continue };
            let wrong = |what: &str| RunSettingsError { path: path.clone(), what: what.to_owned() };
            // Paths of a repository are its own: its root is where `.weir/policies` stands.
            let base = if owned { home } else { dir.ancestors().nth(2) };
            if !owned && (!file.write.is_empty() || !file.connect.is_empty()) {
                return Err(wrong("a repository may only tighten: `write` and `connect` belong in your own file"));
            }
            settings.full_guard_only |= file.tier == Some(TierName::Guard);
            for (texts, places) in [(&file.write, &mut settings.write), (&file.protect, &mut settings.protect)] {
                for text in texts {
                    let place = absolute(text, base, home);
                    places.push(place.ok_or_else(|| wrong(&format!("`{text}` is not below a known directory")))?);
                }
            }
            strictest.push((file.limit_files, file.limit_bytes, file.network));
            settings.connect.extend(file.connect);
            settings.refuse.extend(file.refuse);
        }
        if let Some(files) = strictest.iter().filter_map(|(files, _, _)| *files).min() {
            settings.limit_files = files;
        }
        if let Some(bytes) = strictest.iter().filter_map(|(_, bytes, _)| *bytes).min() {
            settings.limit_bytes = bytes;
        }
        settings.network = strictest.iter().filter_map(|(_, _, network)| *network).max().unwrap_or_default();
        Ok(settings)
    }

    /// Why a connection may not be made, if so.
    #[must_use]
    pub fn refuses(&self, host: &str, port: u16) -> Option<String> {
        let fits = |pattern: &String| matches_host(pattern, host, port);
        if let Some(pattern) = self.refuse.iter().find(|pattern| fits(pattern)) {
            return Some(format!("`{pattern}` is refused by {FILE}"));
        }
        match self.network {
            Network::Open => None,
            Network::Judged if self.connect.iter().any(fits) => None,
            Network::Judged => Some(format!("it is not among the hosts that {FILE} allows")),
            Network::Closed => Some("the command runs without network".to_owned()),
        }
    }
}

fn read(path: &Path) -> Result<Option<File>, RunSettingsError> {
    let wrong = |what: String| RunSettingsError { path: path.to_owned(), what };
    let size = match std::fs::metadata(path) {
        Ok(found) => found.len(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(wrong(error.to_string())),
    };
    if size > LARGEST {
        return Err(wrong(format!("it has {size} bytes, more than {LARGEST}")));
    }
    let text = std::fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
    toml::from_str(&text).map(Some).map_err(|error| wrong(error.to_string().trim().to_owned()))
}

fn absolute(text: &str, base: Option<&Path>, home: Option<&Path>) -> Option<PathBuf> {
    match text.strip_prefix("~/") {
        Some(rest) => Some(home?.join(rest)),
        None if text == "~" => home.map(Path::to_owned),
        None if text.starts_with('/') => Some(PathBuf::from(text)),
        None => Some(base?.join(text)),
    }
}

/// `host`, `host:port`, `*:25`, `*.example.com`; the brackets of `[::1]:80` may be written.
fn matches_host(pattern: &str, host: &str, port: u16) -> bool {
    let (name, wanted) = match pattern.rsplit_once(':') {
        // A colon inside an address of version 6 separates no port.
        Some((name, digits)) if !name.contains(':') || name.ends_with(']') => (name, Some(digits)),
        _ => (pattern, None),
    };
    let name = name.trim_start_matches('[').trim_end_matches(']');
    let port_fits = wanted.is_none_or(|wanted| wanted == "*" || wanted.parse() == Ok(port));
    port_fits && fits_pattern(&name.to_ascii_lowercase(), &host.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(dir: &Path, org: &str, user: &str, repository: &str) -> Config {
        let mut config = Config::new(dir.join("weir"));
        config.organization_policies = dir.join("org");
        config.person_home = Some(dir.join("home"));
        let places = [dir.join("org"), config.paths.policies(), dir.join("repo/.weir/policies")];
        for (place, text) in places.iter().zip([org, user, repository]) {
            std::fs::create_dir_all(place).unwrap();
            if !text.is_empty() {
                std::fs::write(place.join(FILE), text).unwrap();
            }
        }
        config
    }

    #[test]
    fn the_stricter_layer_counts_and_a_repository_only_tightens() {
        let dir = tempfile::tempdir().unwrap();
        let load = |org, user, repository| {
            let config = config(dir.path(), org, user, repository);
            let loaded = RunSettings::load(&config, &dir.path().join("repo")).map_err(|error| error.to_string());
            let _ = std::fs::remove_dir_all(dir.path().join("org"));
            let _ = std::fs::remove_dir_all(config.paths.policies());
            let _ = std::fs::remove_dir_all(dir.path().join("repo"));
            loaded
        };
        assert_eq!(load("", "", "").unwrap(), RunSettings::default());
        let settings = load(
            "limit_files = 10\nnetwork = \"judged\"\nconnect = [\"*.example.com\"]",
            "limit_files = 500\nwrite = [\"~/x\", \"/srv\"]\nnetwork = \"open\"",
            "tier = \"guard\"\nprotect = [\"data\"]\nlimit_bytes = 7",
        )
        .unwrap();
        assert_eq!((settings.limit_files, settings.limit_bytes, settings.network), (10, 7, Network::Judged));
        assert!(settings.full_guard_only);
        assert_eq!(settings.write, [dir.path().join("home/x"), "/srv".into()]);
        assert_eq!(settings.protect, [dir.path().join("repo/data")]);
        assert!(load("", "", "write = [\"/\"]").unwrap_err().contains("only tighten"));
        assert!(load("", "limits = 3", "").unwrap_err().contains("run.toml"));
    }

    #[test]
    fn hosts_are_matched_with_and_without_ports() {
        let settings = RunSettings {
            network: Network::Judged,
            connect: vec!["*.example.com".into(), "10.0.0.1:5432".into(), "[::1]:80".into(), "fe80::1".into()],
            refuse: vec!["*:25".into(), "evil.example.com".into()],
            ..RunSettings::default()
        };
        for (host, port, goes) in [
            ("api.example.com", 443, true),
            ("API.Example.com", 443, true),
            ("example.com", 443, false),
            ("api.example.com", 25, false),
            ("evil.example.com", 443, false),
            ("10.0.0.1", 5432, true),
            ("10.0.0.1", 22, false),
            ("::1", 80, true),
            ("::1", 81, false),
            ("fe80::1", 9, true),
        ] {
            assert_eq!(settings.refuses(host, port).is_none(), goes, "{host}:{port}");
        }
        assert_eq!(RunSettings::default().refuses("anywhere", 1), None);
    }
}
