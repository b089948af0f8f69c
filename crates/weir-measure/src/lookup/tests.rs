//! Where commands act, from real files in a home directory.

use std::path::Path;

use weir_model::{Lookup, Provider};

use super::{Found, find};

struct Home {
    dir: tempfile::TempDir,
}

impl Home {
    fn with(files: &[(&str, &str)]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = dir.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        Self { dir }
    }

    fn find(&self, provider: Provider, options: &[(&str, &str)], variables: &[(&str, &str)]) -> Found {
        self.of(provider, options, &[], variables)
    }

    fn of(&self, provider: Provider, options: &[(&str, &str)], words: &[&str], variables: &[(&str, &str)]) -> Found {
        let own = |list: &[(&str, &str)]| list.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
        let lookup = Lookup {
            provider,
            options: own(options),
            words: words.iter().map(|word| (*word).to_owned()).collect(),
            variables: own(variables),
            complete: true,
            directory: Some(self.dir.path().join("work")),
        };
        find(&lookup, Some(self.dir.path()))
    }
}

const KUBECONFIG: &str = "apiVersion: v1\nkind: Config\ncurrent-context: prod-eu\nclusters:\n- cluster:\n    \
    certificate-authority-data: AAAA\n    server: https://k8s.prod.example.com:6443\n  name: eu\n- name: kind\n  cluster: \
    {server: 'https://127.0.0.1:40000'}\ncontexts:\n- context: {cluster: eu, namespace: shop, user: admin}\n  name: \
    prod-eu\n- context:\n    cluster: kind\n    user: kind\n  name: kind-dev\nusers:\n- name: admin\n  user:\n    token: \
    s3cret\n";

#[test]
fn kubectl_acts_in_the_context_that_is_named_or_current() {
    let home = Home::with(&[
        (".kube/config", KUBECONFIG),
        ("work/other", "current-context: other\ncontexts: []\n"),
        ("work/broken", "a: [\n"),
    ]);
    for (options, variables, expected) in [
        (&[][..], &[][..], &["prod-eu", "eu", "https://k8s.prod.example.com:6443", "shop"][..]),
        (&[("--context", "kind-dev"), ("-n", "x")], &[], &["kind-dev", "kind", "https://127.0.0.1:40000", "x"]),
        (&[("--context", "none")], &[], &["none"]),
        (&[("--kubeconfig", "other")], &[], &["other"]),
        (&[], &[("KUBECONFIG", "other:~/.kube/config")], &["other"]),
        (
            &[],
            &[("KUBECONFIG", "missing:~/.kube/config")],
            &["prod-eu", "eu", "https://k8s.prod.example.com:6443", "shop"],
        ),
        (&[], &[("KUBECONFIG", "broken")], &[]),
        (&[("--server", "https://x")], &[("KUBECONFIG", "/dev/null")], &["https://x"]),
    ] {
        let found = home.find(Provider::Kubernetes, options, variables);
        assert_eq!(found.names, expected, "{options:?} {variables:?}");
        assert!(!found.said.join(" ").contains("s3cret"));
    }
    let said = home.find(Provider::Kubernetes, &[], &[]).said;
    assert_eq!(said[0], "context prod-eu in ~/.kube/config");
    assert_eq!(Home::with(&[]).find(Provider::Kubernetes, &[], &[]), Found::default());
}

#[test]
fn aws_acts_in_the_account_of_its_profile() {
    let home = Home::with(&[
        (
            ".aws/config",
            "[default]\nregion = eu-west-1\n[profile prod]\nsso_account_id = 123456789012\nregion=us-east-1\n\
             [profile role]\nrole_arn = arn:aws:iam::999988887777:role/admin\n",
        ),
        (
            ".aws/credentials",
            "[default]\naws_access_key_id = AKIA\naws_secret_access_key = s3cret\naws_account_id = 111122223333\n",
        ),
    ]);
    for (options, variables, expected) in [
        (&[][..], &[][..], &["111122223333", "eu-west-1"][..]),
        (&[("--profile", "prod")], &[], &["prod", "123456789012", "us-east-1"]),
        (&[], &[("AWS_PROFILE", "role"), ("AWS_REGION", "ap-south-1")], &["role", "999988887777", "ap-south-1"]),
        (&[("--profile", "none"), ("--region", "x")], &[], &["none", "x"]),
        (&[], &[("AWS_CONFIG_FILE", "/dev/null"), ("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")], &[]),
    ] {
        let found = home.find(Provider::Aws, options, variables);
        assert_eq!(found.names, expected, "{options:?} {variables:?}");
        assert!(!found.said.join(" ").contains("s3cret") && !found.said.join(" ").contains("AKIA"));
    }
    let said = home.find(Provider::Aws, &[("--profile", "prod")], &[]).said;
    assert_eq!(said[1], "account 123456789012 in ~/.aws/config");
}

#[test]
fn other_clouds_and_engines_are_found() {
    let meta = weir_model::Digest::of(b"swarm").to_string();
    let home = Home::with(&[
        (".config/gcloud/active_config", "work\n"),
        (".config/gcloud/configurations/config_work", "[core]\naccount = a@example.com\nproject = shop-prod\n"),
        (".config/gcloud/configurations/config_default", "[core]\nproject = mine\n"),
        (
            ".azure/azureProfile.json",
            "\u{feff}{\"subscriptions\": [{\"id\": \"1\", \"name\": \"dev\"}, {\"id\": \"2\", \"name\": \"Prod\", \"isDefault\": true}]}",
        ),
        (".docker/config.json", "{\"auths\": {\"x\": {\"auth\": \"s3cret\"}}, \"currentContext\": \"swarm\"}"),
        (
            &format!(".docker/contexts/meta/{meta}/meta.json"),
            "{\"Endpoints\": {\"docker\": {\"Host\": \"ssh://ops@prod-1\"}}}",
        ),
        ("work/.terraform/environment", "prod\n"),
        (
            "work/.terraform/terraform.tfstate",
            "{\"backend\": {\"type\": \"s3\", \"config\": {\"bucket\": \"states\", \"key\": \"shop/prod.tfstate\", \"secret_key\": \"s3cret\"}}}",
        ),
    ]);
    for (provider, options, variables, expected) in [
        (Provider::Gcloud, &[][..], &[][..], &["shop-prod", "a@example.com", "work"][..]),
        (Provider::Gcloud, &[("--configuration", "default")], &[], &["mine"]),
        (Provider::Gcloud, &[("--project", "x")], &[], &["x", "a@example.com", "work"]),
        (Provider::Gcloud, &[("--configuration", "../../x")], &[], &["../../x"]),
        (Provider::Azure, &[], &[], &["Prod", "2"]),
        (Provider::Azure, &[("--subscription", "s"), ("-g", "rg")], &[], &["rg", "s"]),
        (Provider::Docker, &[], &[], &["swarm", "ssh://ops@prod-1"]),
        (Provider::Docker, &[("-c", "default")], &[], &[]),
        (Provider::Docker, &[], &[("DOCKER_HOST", "tcp://1.2.3.4:2375")], &["tcp://1.2.3.4:2375"]),
        (Provider::Terraform, &[], &[], &["prod", "states", "shop/prod.tfstate"]),
        (Provider::Terraform, &[], &[("TF_WORKSPACE", "dev")], &["dev", "states", "shop/prod.tfstate"]),
        (Provider::Terraform, &[("-chdir", "envs/stage")], &[], &["envs/stage"]),
    ] {
        let found = home.find(provider, options, variables);
        assert_eq!(found.names, expected, "{provider:?} {options:?} {variables:?}");
        assert!(!found.said.join(" ").contains("s3cret"));
    }
}

#[test]
fn databases_are_where_the_command_or_its_files_say() {
    let home = Home::with(&[
        (".pg_service.conf", "[live]\nhost=db.example.com\ndbname=shop\npassword=s3cret\n"),
        ("work/.env", "DATABASE_URL=\"postgres://app:s3cret@db.internal:5432/shop?sslmode=require\"\n"),
        ("work/.env.production", "DATABASE_URL=postgres://app:s3cret@prod.example.com/shop\n"),
    ]);
    let (client, project) = (Provider::DatabaseClient, Provider::DatabaseProject);
    for (provider, options, words, variables, expected) in [
        (client, &[][..], &["postgresql://a:s3cret@h1/x"][..], &[][..], &["h1", "x"][..]),
        (client, &[("-h", "h2")], &["shop"], &[("PGHOST", "no")], &["h2"]),
        (client, &[], &[], &[("PGHOST", "h3"), ("PGDATABASE", "d")], &["h3", "d"]),
        (client, &[], &[], &[("PGSERVICE", "live")], &["live", "db.example.com", "shop"]),
        (client, &[], &["shop"], &[], &["localhost"]),
        (project, &[], &[], &[("DATABASE_URL", "mysql://u:s3cret@h4:3306/z")], &["h4", "z"]),
        (project, &[("--url", "mysql://u:s3cret@h5/z")], &[], &[("DATABASE_URL", "mysql://no/z")], &["h5", "z"]),
        (project, &[], &[], &[], &["db.internal", "shop"]),
        (project, &[], &[], &[("NODE_ENV", "production")], &["production", "prod.example.com", "shop"]),
        (project, &[], &["not a url", "x://", "://"], &[("DATABASE_URL", "")], &["db.internal", "shop"]),
    ] {
        let found = home.of(provider, options, words, variables);
        assert_eq!(found.names, expected, "{options:?} {words:?} {variables:?}");
        assert!(!found.said.join(" ").contains("s3cret"), "{:?}", found.said);
    }
    let said = home.of(project, &[], &[], &[]).said;
    assert_eq!(said, ["host db.internal by DATABASE_URL in .env", "database shop by DATABASE_URL in .env"]);
    let laravel = Home::with(&[("work/.env", "DB_HOST=h\nDB_DATABASE=d\nDB_PASSWORD=s3cret\n")]);
    assert_eq!(laravel.of(project, &[], &[], &[]).names, ["h", "d"]);
}

#[test]
fn files_that_are_no_configuration_are_survived() {
    let home = Home::with(&[(".kube/config", &"a: b\n".repeat(300_000)), (".aws/config", "\0\u{1}[")]);
    let pipe = home.dir.path().join(".azure");
    std::fs::create_dir_all(&pipe).unwrap();
    std::process::Command::new("mkfifo").arg(pipe.join("azureProfile.json")).status().unwrap();
    for (provider, _) in Provider::ALL.into_iter().filter(|(provider, _)| *provider != Provider::DatabaseClient) {
        assert_eq!(home.find(provider, &[], &[]), Found::default(), "{provider:?}");
    }
    assert!(Path::new(&pipe).exists());
}
