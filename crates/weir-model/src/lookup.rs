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
    /// The selected stack of a Pulumi project.
    Pulumi,
    /// Docker's contexts.
    Docker,
    /// Connection strings, and the variables that stand for them, in the environment and in files.
    Database,
    /// The project that a directory is linked with (Heroku, Fly, Vercel, Firebase, Supabase and others).
    Platform,
}

/// What a command says of the place where it acts: enough to look it up.
///
/// A value that is `None` was given, and is not known: the configuration must not be taken instead of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lookup {
    /// Whose configuration counts.
    pub provider: Provider,
    /// The program, without its directory.
    pub program: String,
    /// The options that were given, by their long names without dashes (`context`), else by their letters.
    pub settings: Vec<(String, Option<String>)>,
    /// The words after the subcommand.
    pub words: Vec<Option<String>>,
    /// [`Provider::variables`] that are set, as the command sees them.
    pub variables: Vec<(String, Option<String>)>,
    /// The directory in which it runs, where that is known.
    pub directory: Option<PathBuf>,
}

impl Provider {
    /// The environment variables by which a command is told where to act.
    #[must_use]
    pub const fn variables(self) -> &'static [&'static str] {
        match self {
            Self::Kubernetes => {
                &["KUBECONFIG", "HELM_KUBECONTEXT", "HELM_NAMESPACE", "HELM_KUBEAPISERVER", "POD_NAMESPACE"]
            }
            Self::Aws => &[
                "AWS_PROFILE",
                "AWS_DEFAULT_PROFILE",
                "AWS_VAULT",
                "AWS_ACCESS_KEY_ID",
                "AWS_REGION",
                "AWS_DEFAULT_REGION",
                "AWS_CONFIG_FILE",
                "AWS_SHARED_CREDENTIALS_FILE",
                "AWS_ROLE_ARN",
                "AWS_ENDPOINT_URL",
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
            Self::Terraform => &[
                "TF_WORKSPACE",
                "TF_DATA_DIR",
                "TG_WORKING_DIR",
                "AWS_PROFILE",
                "AWS_CONFIG_FILE",
                "AWS_SHARED_CREDENTIALS_FILE",
                "AWS_ACCESS_KEY_ID",
                "GOOGLE_CLOUD_PROJECT",
                "ARM_SUBSCRIPTION_ID",
            ],
            Self::Pulumi => &["PULUMI_STACK", "PULUMI_HOME", "PULUMI_BACKEND_URL"],
            Self::Docker => {
                &["DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_CONFIG", "CONTAINER_HOST", "COMPOSE_PROJECT_NAME"]
            }
            Self::Database => &[
                "DATABASE_URL",
                "DB_URL",
                "DIRECT_URL",
                "POSTGRES_URL",
                "DB_HOST",
                "DB_DATABASE",
                "PGHOST",
                "PGHOSTADDR",
                "PGDATABASE",
                "PGSERVICE",
                "PGSERVICEFILE",
                "MYSQL_HOST",
                "MONGODB_URI",
                "MONGO_URL",
                "REDIS_URL",
                "RAILS_ENV",
                "RACK_ENV",
                "NODE_ENV",
                "APP_ENV",
                "MIX_ENV",
                "GOOSE_DBSTRING",
                "DJANGO_SETTINGS_MODULE",
            ],
            Self::Platform => &[
                "HEROKU_APP",
                "FLY_APP",
                "VERCEL_PROJECT_ID",
                "RAILWAY_ENVIRONMENT",
                "NETLIFY_SITE_ID",
                "CLOUDFLARE_ENV",
                "GOOGLE_CLOUD_PROJECT",
            ],
        }
    }
}

impl Lookup {
    /// The last value of any of these settings. `None`: not given. `Some(None)`: given, and not known.
    #[must_use]
    pub fn setting(&self, names: &[&str]) -> Option<Option<&str>> {
        let given = self.settings.iter().rev().find(|(name, _)| names.contains(&name.as_str()));
        given.map(|(_, value)| value.as_deref())
    }

    /// A variable, in the same manner. One that is set to nothing is not set.
    #[must_use]
    pub fn variable(&self, name: &str) -> Option<Option<&str>> {
        let set = self.variables.iter().find(|(known, value)| known == name && value.as_deref() != Some(""));
        set.map(|(_, value)| value.as_deref())
    }
}
