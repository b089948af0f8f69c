//! The families of commands, and which category of a peer belongs to which.

use super::Row;

/// Beginnings of categories, the longest that fits counts. What fits nowhere is a shell construct.
const FAMILIES: &[(&str, &str)] = &[
    ("corpus/bypass_attempts", SHELL),
    ("corpus/canonical", SHELL),
    ("corpus/canonical:git", GIT),
    ("corpus/canonical:rm", FILES),
    ("corpus/canonical:substring", DATA),
    ("corpus/edge_cases", SHELL),
    ("corpus/edge_cases/future_packs", CONTAINERS),
    ("corpus/edge_cases/unicode", DATA),
    ("corpus/false_positives", DATA),
    ("corpus/false_positives/git_safe", GIT),
    ("corpus/false_positives/rm_safe", FILES),
    ("corpus/true_positives/git", GIT),
    ("corpus/true_positives/rm", FILES),
    ("e2e", SHELL),
    ("fixture", DATA),
    ("fixture:false_negatives", TRANSFER),
    ("integration", SHELL),
    ("pack:backup", TRANSFER),
    ("unit:backup", TRANSFER),
    ("scenario:backup", TRANSFER),
    ("pack:cicd", PUBLISHING),
    ("unit:cicd", PUBLISHING),
    ("scenario:cicd", PUBLISHING),
    ("pack:messaging", CLOUD),
    ("unit:messaging", CLOUD),
    ("scenario:messaging", CLOUD),
    ("pack:platform", PUBLISHING),
    ("unit:platform", PUBLISHING),
    ("unit:package", PUBLISHING),
    ("pack:remote", TRANSFER),
    ("unit:remote", TRANSFER),
    ("pack:search", DATABASES),
    ("unit:search", DATABASES),
    ("scenario:search", DATABASES),
    ("scenario:data", DATABASES),
    ("pack:secrets", SECRETS),
    ("unit:secrets", SECRETS),
    ("scenario:secrets", SECRETS),
    ("secrets", SECRETS),
    ("pack:storage", CLOUD),
    ("unit:storage", CLOUD),
    ("scenario:storage", CLOUD),
    ("scenario:cloud", CLOUD),
    ("unit:cloud", CLOUD),
    ("unit:apigateway", CLOUD),
    ("unit:cdn", CLOUD),
    ("unit:dns", CLOUD),
    ("unit:email", CLOUD),
    ("unit:featureflags", CLOUD),
    ("unit:payment", CLOUD),
    ("unit:monitoring", CLOUD),
    ("unit:loadbalancer", SERVICES),
    ("unit:loadbalancer.elb", CLOUD),
    ("scenario:containers", CONTAINERS),
    ("unit:containers", CONTAINERS),
    ("scenario:database", DATABASES),
    ("unit:database", DATABASES),
    ("unit:core.filesystem", FILES),
    ("unit:core.git", GIT),
    ("unit:strict_git", GIT),
    ("execution-flows", EXFILTRATION),
    ("filesystem", FILES),
    ("filesystem:exec-remote", EXFILTRATION),
    ("filesystem:fs-forkbomb", SHELL),
    ("git", GIT),
    ("git:fs-system-tree", SHELL),
    ("local-utilities", DATA),
    ("project", FILES),
    ("self-protection", GUARD),
    ("shell-resolution", SHELL),
    ("threat-model", SHELL),
    ("test:core/analyze/edge-cases", SHELL),
    ("test:core/analyze/find", FILES),
    ("test:core/rules-git", GIT),
    ("test:core/rules-rm", FILES),
];

const FILES: &str = "file systems";
const GIT: &str = "git";
const INFRASTRUCTURE: &str = "infrastructure as code";
const CLOUD: &str = "cloud";
const DATABASES: &str = "databases and ORMs";
const CONTAINERS: &str = "containers";
const PUBLISHING: &str = "packages and publishing";
const TRANSFER: &str = "remote and transfer";
const EXFILTRATION: &str = "code from and data to the network";
const SECRETS: &str = "secrets";
const SERVICES: &str = "services and jobs";
const GUARD: &str = "the guard's own surface";
const DATA: &str = "text that is data";
const SHELL: &str = "shell constructs";

/// The tools of the fourth source, by the first part of its category.
const TOOLS: &[(&str, &str)] = &[
    ("terraform", INFRASTRUCTURE),
    ("tofu", INFRASTRUCTURE),
    ("pulumi", INFRASTRUCTURE),
    ("cdk", INFRASTRUCTURE),
    ("ansible", INFRASTRUCTURE),
    ("helm", INFRASTRUCTURE),
    ("kubectl", INFRASTRUCTURE),
    ("docker", CONTAINERS),
    ("podman", CONTAINERS),
];

/// The family of a row.
pub(super) fn of(row: &Row) -> &'static str {
    if row.peer == "cloud-cli" {
        let tool = row.category.split(':').next().unwrap_or_default();
        return TOOLS.iter().find(|(name, _)| tool.starts_with(name)).map_or(CLOUD, |(_, family)| family);
    }
    FAMILIES
        .iter()
        .filter(|(start, _)| row.category.starts_with(start))
        .max_by_key(|(start, _)| start.len())
        .map_or(SHELL, |(_, family)| family)
}
