//! Where Weir lives and what it is given. Values only: reading the environment is the binary's business.

use std::path::{Path, PathBuf};
use std::time::Duration;

use weir_model::Surface;
use weir_restore::Budget;

/// The directories and files below `$WEIR_HOME`.
#[derive(Debug, Clone)]
pub struct Paths {
    home: PathBuf,
}

impl Paths {
    /// Everything lives below `home`.
    #[must_use]
    pub fn new(home: impl Into<PathBuf>) -> Self {
        Self { home: home.into() }
    }

    /// `$WEIR_HOME` itself.
    #[must_use]
    pub fn home(&self) -> &Path {
        &self.home
    }

    /// The directory of the ledger.
    #[must_use]
    pub fn ledger(&self) -> PathBuf {
        self.home.join("ledger")
    }

    /// What waits for people, and their answers.
    #[must_use]
    pub fn holds(&self) -> PathBuf {
        self.home.join("holds")
    }

    /// One small file per agent session.
    #[must_use]
    pub fn sessions(&self) -> PathBuf {
        self.home.join("sessions")
    }

    /// Restore points.
    #[must_use]
    pub fn restore(&self) -> PathBuf {
        self.home.join("restore")
    }

    /// Which programs each `weir run` started.
    #[must_use]
    pub fn runs(&self) -> PathBuf {
        self.home.join("runs")
    }

    /// The user's own policies.
    #[must_use]
    pub fn policies(&self) -> PathBuf {
        self.home.join("policies")
    }

    /// Compiled policies, one file per combination of layers.
    #[must_use]
    pub fn compiled(&self) -> PathBuf {
        self.home.join("compiled")
    }

    /// What `weir init` changed on this machine.
    #[must_use]
    pub fn install(&self) -> PathBuf {
        self.home.join("install.json")
    }
}

/// What a guard works with.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where Weir keeps its things.
    pub paths: Paths,
    /// The home directory of the person that agents work for.
    pub person_home: Option<PathBuf>,
    /// Home directories whose settings files are controls; more than one where `HOME` and the account disagree.
    pub surface_homes: Vec<PathBuf>,
    /// The organization's policies.
    pub organization_policies: PathBuf,
    /// The places whose content switches the guard on or off.
    pub surfaces: Vec<Surface>,
    /// Weir's own program files.
    pub programs: Vec<PathBuf>,
    /// How long measuring may take.
    pub measure_budget: Duration,
    /// How long a hold can be answered, and an approval used.
    pub hold_lifetime: Duration,
    /// What a restore point that a hook call makes may cost.
    pub restore_budget: Budget,
    /// How long restore points stay.
    pub restore_lifetime: Duration,
    /// True where `weir run` works on this system.
    pub can_run: bool,
    /// The environment variables that analysis may see, asked for by name.
    pub environment: fn(&str) -> Option<String>,
}

impl Config {
    /// The defaults of the hook path, with Weir's files below `home`.
    #[must_use]
    pub fn new(home: impl Into<PathBuf>) -> Self {
        Self {
            paths: Paths::new(home),
            person_home: None,
            surface_homes: Vec::new(),
            organization_policies: PathBuf::from("/etc/weir/policies"),
            surfaces: Vec::new(),
            programs: Vec::new(),
            measure_budget: Duration::from_millis(50),
            hold_lifetime: Duration::from_secs(15 * 60),
            // Two names for 100,000 files take about half a second; a copy of 256 MiB less than that.
            restore_budget: Budget { files: 100_000, bytes: 256 << 20, time: Duration::from_secs(4) },
            restore_lifetime: Duration::from_hours(7 * 24),
            can_run: cfg!(target_os = "linux"),
            environment: |_| None,
        }
    }
}
