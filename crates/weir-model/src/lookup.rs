//! What a command says of the place where it acts, before anybody has looked there.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// Whose configuration says where a command acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Provider {
    /// kubeconfig files.
    Kubernetes,
    /// `~/.aws`.
    Aws,
    /// `~/.config/gcloud`.
    Gcloud,
    /// `~/.azure`.
    Azure,
    /// Workspace and backend of a Terraform directory.
    Terraform,
    /// Docker's contexts.
    Docker,
    /// A database's own client: what its options, its variables and a service file say, else this machine.
    DatabaseClient,
    /// A project's database: connection strings in the environment and in the project's `.env` files.
    DatabaseProject,
}

impl Provider {
    /// Every provider, with the name that the catalog uses.
    pub const ALL: [(Self, &'static str); 8] = [
        (Self::Kubernetes, "kubernetes"),
        (Self::Aws, "aws"),
        (Self::Gcloud, "gcloud"),
        (Self::Azure, "azure"),
        (Self::Terraform, "terraform"),
        (Self::Docker, "docker"),
        (Self::DatabaseClient, "database-client"),
        (Self::DatabaseProject, "database-project"),
    ];

    /// The environment variables by which a command is told where to act.
    #[must_use]
    pub const fn variables(self) -> &'static [&'static str] {
        match self {
            Self::Kubernetes => &["KUBECONFIG", "HELM_KUBECONTEXT", "HELM_NAMESPACE"],
            Self::Aws => &[
                "AWS_PROFILE",
                "AWS_DEFAULT_PROFILE",
                "AWS_VAULT",
                "AWS_REGION",
                "AWS_DEFAULT_REGION",
                "AWS_CONFIG_FILE",
                "AWS_SHARED_CREDENTIALS_FILE",
                "AWS_ACCOUNT_ID",
            ],
            Self::Gcloud => &[
                "CLOUDSDK_CORE_PROJECT",
                "CLOUDSDK_CORE_ACCOUNT",
                "CLOUDSDK_ACTIVE_CONFIG_NAME",
                "CLOUDSDK_CONFIG",
                "GOOGLE_CLOUD_PROJECT",
            ],
            Self::Azure => &["AZURE_CONFIG_DIR", "AZURE_SUBSCRIPTION_ID"],
            Self::Terraform => &["TF_WORKSPACE", "TF_DATA_DIR", "AWS_PROFILE"],
            Self::Docker => &["DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_CONFIG"],
            Self::DatabaseClient => &["PGHOST", "PGHOSTADDR", "PGDATABASE", "PGSERVICE", "PGSERVICEFILE", "MYSQL_HOST"],
            Self::DatabaseProject => &[
                "DATABASE_URL",
                "DB_URL",
                "DIRECT_URL",
                "POSTGRES_URL",
                "MONGODB_URI",
                "MONGO_URL",
                "REDIS_URL",
                "PGHOST",
                "PGDATABASE",
                "RAILS_ENV",
                "NODE_ENV",
                "APP_ENV",
                "DJANGO_SETTINGS_MODULE",
            ],
        }
    }
}

/// What a command says of the place where it acts: enough to look it up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lookup {
    /// Whose configuration counts.
    pub provider: Provider,
    /// The options that were given with known values, by the first name that the catalog has for each.
    pub options: Vec<(String, String)>,
    /// The words of the command after its subcommand, as far as they are known.
    pub words: Vec<String>,
    /// [`Provider::variables`] that are set, as the command sees them.
    pub variables: Vec<(String, String)>,
    /// All options, words and variables are known.
    pub complete: bool,
    /// The directory in which it runs, where that is known.
    pub directory: Option<PathBuf>,
}

impl Lookup {
    /// The value of the first of these options that was given.
    #[must_use]
    pub fn option(&self, names: &[&str]) -> Option<&str> {
        self.options.iter().find(|(name, _)| names.contains(&name.as_str())).map(|(_, value)| value.as_str())
    }

    /// A variable that is set to some text.
    #[must_use]
    pub fn variable(&self, name: &str) -> Option<&str> {
        let found = self.variables.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
        found.filter(|value| !value.is_empty())
    }
}
