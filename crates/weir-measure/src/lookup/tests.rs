//! Real files in temporary home directories.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tempfile::TempDir;
use weir_model::{Environment, Environments, Lookup, Provider, Target, TargetKind};

use super::{Fact, Found, Weight};
use crate::budget::Budget;
use crate::environment;

/// A home directory, and a directory `w` in it where commands run.
struct Machine {
    _keep: TempDir,
    home: PathBuf,
}

impl Machine {
    fn new(files: &[(&str, &str)]) -> Self {
        let keep = tempfile::tempdir().unwrap();
        let home = fs::canonicalize(keep.path()).unwrap();
        let machine = Self { _keep: keep, home };
        fs::create_dir_all(machine.at("w")).unwrap();
        for (path, text) in files {
            machine.write(path, text.as_bytes());
        }
        machine
    }

    fn at(&self, path: &str) -> PathBuf {
        self.home.join(path)
    }

    fn write(&self, path: &str, bytes: &[u8]) {
        fs::create_dir_all(self.at(path).parent().unwrap()).unwrap();
        fs::write(self.at(path), bytes).unwrap();
    }

    /// What is said, and the environment. `--x=y` are settings, `NAME=y` variables, the rest words; `?` is not known.
    fn look(&self, provider: Provider, command: &str) -> (String, Environment) {
        let mut lookup = Lookup {
            provider,
            program: String::new(),
            settings: Vec::new(),
            words: Vec::new(),
            variables: Vec::new(),
            directory: Some(self.at("w")),
        };
        let known = |text: &str| Some(text.replace('~', self.home.to_str().unwrap())).filter(|text| text != "?");
        for word in command.split_whitespace() {
            match word.split_once('=') {
                Some((name, value)) if name.starts_with('-') => {
                    lookup.settings.push((name.trim_start_matches('-').to_owned(), known(value)));
                }
                Some(("cd", value)) => lookup.directory = Some(self.at(value)),
                Some((name, value)) if name.chars().all(|c| c.is_ascii_uppercase() || c == '_') => {
                    lookup.variables.push((name.to_owned(), known(value)));
                }
                None if lookup.program.is_empty() => lookup.program = word.to_owned(),
                _ => lookup.words.push(known(word)),
            }
        }
        let budget = Budget::until(Instant::now() + Duration::from_secs(60));
        let found = super::find(&lookup, Some(&self.home), &budget);
        let mut target = Target::new(TargetKind::CloudResource, "thing");
        target.lookup = Some(Arc::new(lookup));
        environment::settle(&mut target, Some(&found), &Environments::default());
        let said = target.environment_from.unwrap_or_default();
        (said.replace(self.home.to_str().unwrap(), "HOME"), target.environment)
    }
}

type Case<'c> = (&'c str, &'c str, Environment);

fn check(provider: Provider, files: &[(&str, &str)], cases: &[Case<'_>]) {
    let machine = Machine::new(files);
    let mut wrong = String::new();
    for (command, said, environment) in cases {
        let found = machine.look(provider, command);
        if found != ((*said).to_owned(), *environment) {
            wrong.push_str(&format!("{command}\n  found  {found:?}\n  wanted {:?}\n", (said, environment)));
        }
        for secret in ["hunter2", "SECRET"] {
            assert!(!found.0.contains(secret), "{command}: {}", found.0);
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

use Environment::{Development, Production, Staging, Unknown};

const KUBE: &str = "apiVersion: v1
kind: Config
current-context: eu
clusters:
- name: c-eu
  cluster:
    certificate-authority-data: SECRET
    server: https://k8s.prod.example.com:6443
- name: c-us
  cluster: {server: 'https://127.0.0.1:6443'}
contexts:
- name: eu
  context: {cluster: c-eu, user: admin, namespace: shop}
- context:
    cluster: c-us
    user: prod-admin
  name: us
- name: plain
  context: {cluster: c-x, user: dev-user}
users:
- name: admin
  user: {token: SECRET}
";

#[test]
fn clusters_are_those_of_the_kubeconfig() {
    let more = "current-context: kind-x\ncontexts:\n- name: kind-x\n  context: {cluster: kind-x}\n- name: us\n  context: {cluster: other}\n";
    check(
        Provider::Kubernetes,
        &[(".kube/config", KUBE), ("more.yaml", more), ("empty", ""), ("bad", "a: [")],
        &[
            (
                "kubectl",
                "context eu (server https://k8s.prod.example.com:6443) in ~/.kube/config, namespace shop",
                Production,
            ),
            ("kubectl --context=plain", "context plain in ~/.kube/config", Unknown),
            // A user only makes it stricter.
            ("kubectl --context=us", "context us (server https://127.0.0.1:6443) in ~/.kube/config", Production),
            ("kubectl --context=dev", "context dev, ~/.kube/config does not say what this context is", Development),
            ("kubectl --context=?", "what --context is, is not known", Unknown),
            (
                "kubectl --namespace=live",
                "context eu (server https://k8s.prod.example.com:6443) in ~/.kube/config, namespace live",
                Production,
            ),
            (
                "kubectl --server=https://u:hunter2@10.0.0.1",
                "context eu (server https://10.0.0.1) in ~/.kube/config, namespace shop",
                Unknown,
            ),
            (
                "helm HELM_KUBECONTEXT=us HELM_NAMESPACE=x",
                "context us (server https://127.0.0.1:6443) in ~/.kube/config, namespace x",
                Production,
            ),
            ("kubectl KUBECONFIG=~/more.yaml:~/.kube/config", "context kind-x in ~/more.yaml", Development),
            (
                "kubectl KUBECONFIG=:~/none:~/.kube/config",
                "context eu (server https://k8s.prod.example.com:6443) in ~/.kube/config, namespace shop",
                Production,
            ),
            ("kubectl KUBECONFIG=?", "what KUBECONFIG is, is not known", Unknown),
            ("kubectl --kubeconfig=../more.yaml KUBECONFIG=?", "context kind-x in ~/more.yaml", Development),
            ("kubectl --kubeconfig=~/empty", "", Unknown),
            ("kubectl --kubeconfig=~/bad", "~/bad cannot be read in full", Unknown),
            ("kubectl --kubeconfig=~/w", ". is no file", Unknown),
            ("kubectl --kubeconfig=~/none", "", Unknown),
            ("kubectl HOME=~/elsewhere", "", Unknown),
            ("kubectl HOME=?", "", Unknown),
        ],
    );
}

#[test]
fn large_linked_and_unreadable_files_end_in_a_remark() {
    let machine = Machine::new(&[]);
    let path = machine.at(".kube/config");
    machine.write(".kube/config", &b"- x\n".repeat(3_000_000));
    assert_eq!(
        machine.look(Provider::Kubernetes, "kubectl"),
        ("~/.kube/config is larger than is read".into(), Unknown)
    );
    let large = format!(
        "clusters:\n{}current-context: prod\n",
        "- {name: a, cluster: {server: https://a.example}}\n".repeat(30_000)
    );
    machine.write(".kube/config", large.as_bytes());
    let (said, environment) = machine.look(Provider::Kubernetes, "kubectl");
    assert_eq!(environment, Production);
    assert_eq!(said, "context prod in ~/.kube/config, ~/.kube/config cannot be read in full");
    // Most of a file is keys and certificates.
    let keys = KUBE.replacen("SECRET", &"A".repeat(3_000_000), 1);
    machine.write(".kube/config", keys.as_bytes());
    assert_eq!(machine.look(Provider::Kubernetes, "kubectl").1, Production);
    let bomb = format!("a: &a [x]\n{}", (0..50).map(|n| format!("b{n}: [*a, *a]\n")).collect::<String>());
    machine.write(".kube/config", bomb.as_bytes());
    assert_eq!(machine.look(Provider::Kubernetes, "kubectl"), (String::new(), Unknown));
    machine.write("real", KUBE.as_bytes());
    fs::remove_file(&path).unwrap();
    std::os::unix::fs::symlink(machine.at("real"), &path).unwrap();
    assert_eq!(machine.look(Provider::Kubernetes, "kubectl").1, Production);
    fs::remove_file(&path).unwrap();
    std::os::unix::fs::symlink(&path, &path).unwrap();
    assert_eq!(machine.look(Provider::Kubernetes, "kubectl"), ("~/.kube/config cannot be read".into(), Unknown));
    fs::remove_file(&path).unwrap();
    std::os::unix::fs::symlink("/dev/zero", &path).unwrap();
    assert_eq!(machine.look(Provider::Kubernetes, "kubectl"), ("~/.kube/config is no file".into(), Unknown));
}

#[test]
fn without_time_nothing_is_read() {
    let machine = Machine::new(&[(".kube/config", KUBE)]);
    let lookup = Lookup {
        provider: Provider::Kubernetes,
        program: "kubectl".into(),
        settings: Vec::new(),
        words: Vec::new(),
        variables: Vec::new(),
        directory: None,
    };
    let found = super::find(&lookup, Some(&machine.home), &Budget::until(Instant::now()));
    assert_eq!(found.said, ["there was no time to look at all of its configuration"]);
    assert_eq!(found.facts, []);
}

#[test]
fn accounts_are_those_of_the_profile() {
    let config = "[default]\nregion = eu-west-1\n[profile shop]\nsso_account_id = 123456789012\nsso_role_name = Admin\nregion=us-east-1\n\
        [profile deploy]\nrole_arn = arn:aws:iam::210987654321:role/prod-deployer\nsource_profile = shop\n\
        [profile local]\nendpoint_url = http://localhost:4566\n[profile a]\nsource_profile=b\n[profile b]\nsource_profile=a\n[profile dev]\n";
    let credentials = "[default]\naws_access_key_id = ASIAQNZGKIQY56JQ7WML\naws_secret_access_key = SECRET\n";
    check(
        Provider::Aws,
        &[
            (".aws/config", config),
            (".aws/credentials", credentials),
            ("other", "[profile shop]\nrole_arn=arn:aws:iam::111111111111:role/x\n"),
        ],
        &[
            (
                "aws",
                "the default profile (account 029608264753) in ~/.aws/config and ~/.aws/credentials, region eu-west-1",
                Unknown,
            ),
            ("aws --profile=shop", "profile shop (account 123456789012) in ~/.aws/config, region us-east-1", Unknown),
            (
                "aws AWS_PROFILE=deploy AWS_REGION=eu-1",
                "profile deploy (account 210987654321) in ~/.aws/config, region eu-1",
                Production,
            ),
            ("aws AWS_PROFILE=shop --profile=dev", "profile dev in ~/.aws/config", Development),
            ("aws --profile=local", "profile local (endpoint http://localhost:4566) in ~/.aws/config", Development),
            ("aws --profile=a", "profile a in ~/.aws/config", Unknown),
            ("aws --profile=none-prod", "profile none-prod", Production),
            ("aws --profile=?", "what --profile is, is not known", Unknown),
            (
                "aws AWS_PROFILE=",
                "the default profile (account 029608264753) in ~/.aws/config and ~/.aws/credentials, region eu-west-1",
                Unknown,
            ),
            // Keys in the environment go before the profile, except where an option names one.
            (
                "aws AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE AWS_PROFILE=shop",
                "profile shop in ~/.aws/config, region us-east-1",
                Unknown,
            ),
            (
                "aws AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE --profile=shop",
                "profile shop (account 123456789012) in ~/.aws/config, region us-east-1",
                Unknown,
            ),
            ("aws AWS_CONFIG_FILE=~/other AWS_PROFILE=shop", "profile shop (account 111111111111) in ~/other", Unknown),
            (
                "aws --endpoint-url=http://localhost:4566 --profile=none",
                "endpoint http://localhost:4566, profile none",
                Development,
            ),
            (
                "aws AWS_ROLE_ARN=arn:aws:iam::123456789012:role/live",
                "account 123456789012 by AWS_ROLE_ARN, the default profile (account 029608264753) in ~/.aws/config and ~/.aws/credentials, region eu-west-1",
                Production,
            ),
        ],
    );
}

#[test]
fn projects_subscriptions_and_docker_hosts_are_found() {
    let azure = "\u{FEFF}{\"subscriptions\":[{\"id\":\"0-1\",\"name\":\"Acme Prod\",\"isDefault\":true},{\"id\":\"0-2\",\"name\":\"Acme Dev\",\"isDefault\":false}]}";
    check(
        Provider::Gcloud,
        &[
            (".config/gcloud/active_config", "work\n"),
            (".config/gcloud/configurations/config_work", "[core]\nproject = acme-prd\naccount = me@dev.example\n"),
            (".config/gcloud/configurations/config_default", "[core]\nproject = acme-x\n"),
        ],
        &[
            (
                "gcloud",
                "project acme-prd in ~/.config/gcloud/configurations/config_work (configuration work), account me@dev.example",
                Production,
            ),
            (
                "gcloud --configuration=default",
                "project acme-x in ~/.config/gcloud/configurations/config_default (configuration default)",
                Unknown,
            ),
            (
                "gcloud --project=acme-stg CLOUDSDK_ACTIVE_CONFIG_NAME=none",
                "configuration none, project acme-stg",
                Staging,
            ),
            ("gcloud CLOUDSDK_CONFIG=?", "what CLOUDSDK_CONFIG is, is not known", Unknown),
            ("gcloud --project=?", "what --project is, is not known, account me@dev.example", Unknown),
        ],
    );
    check(
        Provider::Azure,
        &[(".azure/azureProfile.json", azure)],
        &[
            ("az", "subscription Acme Prod (0-1) in ~/.azure/azureProfile.json", Production),
            (
                "az --subscription=0-2 --resource-group=x",
                "subscription Acme Dev (0-2) in ~/.azure/azureProfile.json, resource group x",
                Development,
            ),
            ("az --subscription=other", "subscription other", Unknown),
            ("az --subscription=?", "what --subscription is, is not known", Unknown),
        ],
    );
    let name = weir_model::Digest::of(b"remote").to_string();
    let meta = format!(".docker/contexts/meta/{name}/meta.json");
    check(
        Provider::Docker,
        &[
            (".docker/config.json", "{\"currentContext\":\"remote\",\"auths\":{\"x\":{\"auth\":\"SECRET\"}}}"),
            (&meta, "{\"Name\":\"remote\",\"Endpoints\":{\"docker\":{\"Host\":\"ssh://me@prod-1\"}}}"),
            ("none/config.json", "{}"),
        ],
        &[
            ("docker", "docker context remote (host ssh://prod-1) in ~/.docker/config.json", Production),
            ("docker DOCKER_HOST=tcp://127.0.0.1:2375", "docker host tcp://127.0.0.1:2375", Development),
            (
                "docker DOCKER_HOST=tcp://127.0.0.1:2375 --context=remote",
                "docker context remote (host ssh://prod-1)",
                Production,
            ),
            ("docker DOCKER_HOST=? --host=ssh://stg", "docker host ssh://stg", Staging),
            ("docker DOCKER_HOST=?", "what DOCKER_HOST is, is not known", Unknown),
            ("docker DOCKER_CONFIG=~/none", "", Unknown),
            ("docker --context=default", "", Unknown),
        ],
    );
}

#[test]
fn states_are_those_of_workspace_and_backend() {
    let state = "{\"version\":3,\"backend\":{\"type\":\"s3\",\"config\":{\"bucket\":\"acme-prod-state\",\"key\":\"a\",\"access_key\":\"SECRET\",\"assume_role\":[{\"role_arn\":\"arn:aws:iam::123456789012:role/x\"}]}}}";
    check(
        Provider::Terraform,
        &[
            ("w/.terraform/environment", "staging"),
            ("s/.terraform/terraform.tfstate", state),
            (
                "t/main.tf",
                "terraform {\n backend \"gcs\" {\n bucket = \"acme-live\"\n secret_key = \"SECRET\"\n }\n}\nprovider \"aws\" {\n profile = \"x\"\n}\n",
            ),
            ("dev/infra/x.tf", ""),
            ("infra/envs/prod/x.tf", ""),
            ("infra-live/dev/vpc/terragrunt.hcl", ""),
            ("live/eu/terragrunt.hcl", ""),
            ("empty/.terraform/environment", "default"),
        ],
        &[
            ("terraform", "workspace staging in .terraform/environment", Staging),
            ("terraform TF_WORKSPACE=prod", "workspace prod", Production),
            ("terraform TF_WORKSPACE=?", "what TF_WORKSPACE is, is not known", Unknown),
            (
                "terraform cd=s",
                "backend s3 (bucket acme-prod-state, key a, role_arn arn:aws:iam::123456789012:role/x) in .terraform/terraform.tfstate",
                Production,
            ),
            (
                "terraform --chdir=../s",
                "backend s3 (bucket acme-prod-state, key a, role_arn arn:aws:iam::123456789012:role/x) in ~/s/.terraform/terraform.tfstate",
                Production,
            ),
            (
                "terraform cd=t",
                "backend gcs (bucket acme-live) in main.tf, provider aws profile x in main.tf",
                Production,
            ),
            ("terraform cd=t --chdir=?", "what --chdir is, is not known", Unknown),
            ("terraform cd=dev/infra", "directory HOME/dev/infra", Unknown),
            ("terraform cd=infra/envs/prod", "directory HOME/infra/envs/prod", Production),
            ("terragrunt cd=infra-live/dev/vpc", "directory HOME/infra-live/dev/vpc", Development),
            ("terragrunt cd=live/eu", "directory HOME/live/eu", Unknown),
            (
                "terraform cd=empty --var-file=prod.tfvars",
                "variables prod.tfvars, workspace default in .terraform/environment",
                Production,
            ),
            (
                "terraform cd=empty TF_DATA_DIR=../w/.terraform",
                "workspace staging in ~/w/.terraform/environment",
                Staging,
            ),
            (
                "terraform cd=empty AWS_PROFILE=dev",
                "workspace default in .terraform/environment, profile dev",
                Development,
            ),
        ],
    );
}

#[test]
fn stacks_are_those_that_are_selected() {
    let machine = Machine::new(&[("w/Pulumi.yaml", "name: shop\nruntime: go\n"), ("w/sub/x", "")]);
    let hash = {
        let mut hasher = gix::hash::hasher(gix::hash::Kind::Sha1);
        hasher.update(machine.at("w/Pulumi.yaml").to_str().unwrap().as_bytes());
        hasher.try_finalize().unwrap().to_string()
    };
    machine.write(&format!(".pulumi/workspaces/shop-{hash}-workspace.json"), b"{\"stack\":\"acme/prod\"}");
    for command in ["pulumi", "pulumi cd=w/sub", "pulumi cd=x --cwd=../w"] {
        let (said, environment) = machine.look(Provider::Pulumi, command);
        assert!(said.starts_with("stack acme/prod in "), "{said}");
        assert_eq!(environment, Production);
    }
    assert_eq!(machine.look(Provider::Pulumi, "pulumi --stack=dev"), ("stack dev".into(), Development));
    assert_eq!(machine.look(Provider::Pulumi, "pulumi --stack=?"), ("what --stack is, is not known".into(), Unknown));
    assert_eq!(machine.look(Provider::Pulumi, "pulumi cd=none"), (String::new(), Unknown));
}

#[test]
fn clients_of_databases_say_their_server() {
    check(
        Provider::Database,
        &[
            (".pg_service.conf", "[shop]\nhost=db.prod.example.com\ndbname=shop\npassword=SECRET\n"),
            (".my.cnf", "[client]\nhost = staging-db\npassword = SECRET\n[clientx]\nhost=localhost\n"),
        ],
        &[
            ("psql", "", Unknown),
            ("psql --host=db-prod shop", "host db-prod, database shop", Production),
            ("psql postgres://u:hunter2@127.0.0.1:5432/app", "host 127.0.0.1:5432, database app", Development),
            ("psql PGHOST=db.prod PGDATABASE=x", "host db.prod, database x", Production),
            ("psql PGHOST=db.prod --host=localhost", "host localhost", Development),
            ("psql PGHOST=?", "what PGHOST is, is not known", Unknown),
            ("psql ? PGHOST=localhost", "", Unknown),
            (
                "psql PGSERVICE=shop",
                "service shop, host db.prod.example.com in ~/.pg_service.conf, database shop in ~/.pg_service.conf",
                Production,
            ),
            (
                "psql --dbname=service=shop",
                "service shop, host db.prod.example.com in ~/.pg_service.conf, database shop in ~/.pg_service.conf",
                Production,
            ),
            ("pg_restore prod.dump --dbname=app_dev", "database app_dev", Development),
            ("mysql shop", "host staging-db in ~/.my.cnf, database shop", Staging),
            ("mysql --host=127.0.0.1 shop", "host 127.0.0.1, database shop", Development),
            ("mysql --defaults-group-suffix=x", "configuration x, host localhost in ~/.my.cnf", Development),
            (
                "mongosh mongodb+srv://u:hunter2@prod.mongodb.net/shop",
                "address (host prod.mongodb.net, database shop)",
                Production,
            ),
            (
                "mongosh MONGODB_URI=mongodb://u:hunter2@localhost/shop",
                "MONGODB_URI (host localhost, database shop)",
                Development,
            ),
            ("redis-cli --h=cache.prod", "host cache.prod", Production),
            ("redis-cli REDIS_URL=redis://:hunter2@localhost:6379", "REDIS_URL (host localhost:6379)", Development),
        ],
    );
}

#[test]
fn migration_tools_say_their_database() {
    let schema = "generator client {\n provider = \"x\"\n}\ndatasource db {\n provider = \"postgresql\"\n url = env(\"DATABASE_URL\")\n}\n";
    check(
        Provider::Database,
        &[
            ("w/prisma/schema.prisma", schema),
            (
                "w/.env",
                "APP_ENV=production\nDATABASE_URL=\"postgres://u:hunter2@db.prod.example.com/shop\"\nDB_HOST=stg-db\n",
            ),
            ("none/x", ""),
            ("p/schema.prisma", "datasource db {\n url = env(\"LIVE_DB_URL\")\n}"),
            (
                "p/knexfile.js",
                "module.exports = {\n development: { connection: { host: 'localhost' } },\n production: { connection: process.env.PROD_URL },\n}",
            ),
            (
                "p/config/config.json",
                "{\"development\":{\"host\":\"127.0.0.1\",\"password\":\"SECRET\"},\"production\":{\"use_env_variable\":\"X_URL\"}}",
            ),
            ("p/alembic.ini", "[alembic]\nsqlalchemy.url = postgresql://u:hunter2@localhost/x\n"),
            (
                "r/config/database.yml",
                "default: &d\n  adapter: x\ndevelopment:\n  <<: *d\n  database: shop_development\nproduction:\n  host: <%= ENV['DB_HOST'] %>\n  password: hunter2\n",
            ),
            ("r/.env", "DB_HOST=db.internal\n"),
            ("r2/.env", "DATABASE_URL=postgres://db.prod/x"),
            ("d/manage.py", "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\n"),
            (
                "d/shop/settings.py",
                "DATABASES = {\n 'default': {\n 'HOST': 'db.stg.example.com', 'PASSWORD': 'hunter2',\n 'NAME': os.environ['DB_NAME'],\n }\n}\n",
            ),
            ("l/.env", "APP_ENV=local\nDB_HOST=127.0.0.1\nDB_PASSWORD=hunter2\n"),
            ("l/.env.production", "DB_HOST=10.0.0.1\n"),
            ("f/flyway.conf", "flyway.url=jdbc:postgresql://db.prod/shop\nflyway.password=hunter2\n"),
        ],
        &[
            ("prisma", "DATABASE_URL in .env (host db.prod.example.com, database shop)", Production),
            ("prisma DATABASE_URL=postgres://localhost/x", "DATABASE_URL (host localhost, database x)", Development),
            ("prisma DATABASE_URL=?", "what DATABASE_URL is, is not known", Unknown),
            ("prisma cd=p", "the variable LIVE_DB_URL, by schema.prisma", Production),
            ("prisma cd=p LIVE_DB_URL=postgres://localhost/x", "LIVE_DB_URL (host localhost, database x)", Production),
            (
                "prisma cd=p --schema=../w/prisma/schema.prisma",
                "the variable DATABASE_URL, by ~/w/prisma/schema.prisma",
                Unknown,
            ),
            ("prisma --url=postgres://u:hunter2@stg/x", "address (host stg, database x)", Staging),
            ("dbmate", "DATABASE_URL in .env (host db.prod.example.com, database shop)", Production),
            ("dbmate cd=none", "", Unknown),
            ("knex cd=p", "host localhost in knexfile.js", Development),
            ("knex cd=p NODE_ENV=production", "NODE_ENV production, the variable PROD_URL, by knexfile.js", Production),
            ("sequelize cd=p", "host 127.0.0.1 in config/config.json", Development),
            ("sequelize cd=p --env=production", "--env production", Production),
            ("alembic cd=p", "sqlalchemy.url in alembic.ini (host localhost, database x)", Development),
            ("rails cd=r", "database shop_development in config/database.yml", Development),
            ("rails cd=r RAILS_ENV=production", "RAILS_ENV production, DB_HOST in .env", Production),
            ("rails cd=r2", "DATABASE_URL in .env (host db.prod, database x)", Production),
            (
                "manage.py cd=d",
                "settings shop.settings, the variable DB_NAME, by shop/settings.py, HOST db.stg.example.com in shop/settings.py",
                Staging,
            ),
            (
                "manage.py cd=d DJANGO_SETTINGS_MODULE=shop.settings.production",
                "settings shop.settings.production",
                Production,
            ),
            ("artisan cd=l", "APP_ENV local in .env, host 127.0.0.1 in .env", Development),
            ("artisan cd=l --env=production", "--env production, host 10.0.0.1 in .env.production", Production),
            (
                "artisan",
                "APP_ENV production in .env, DATABASE_URL in .env (host db.prod.example.com, database shop), host stg-db in .env",
                Production,
            ),
            ("flyway cd=f", "url in flyway.conf (host db.prod, database shop)", Production),
            (
                "mix cd=w MIX_ENV=prod",
                "MIX_ENV prod, DATABASE_URL in .env (host db.prod.example.com, database shop)",
                Production,
            ),
            ("mix", "", Unknown),
        ],
    );
}

#[test]
fn platforms_say_their_project() {
    check(
        Provider::Platform,
        &[
            (
                "w/.git/config",
                "[remote \"heroku\"]\n\turl = https://git.heroku.com/shop-prod.git\n[remote \"origin\"]\n\turl = git@github.com:a/b.git\n",
            ),
            ("w/fly.toml", "app = 'shop-staging' # x\n[env]\napp = 'no'\n"),
            ("w/.vercel/project.json", "{\"projectId\":\"prj_1\",\"orgId\":\"t\",\"projectName\":\"shop-live\"}"),
            ("w/.firebaserc", "{\"projects\":{\"default\":\"acme-dev\",\"prod\":\"acme-7\"}}"),
            ("w/supabase/.temp/project-ref", "abcdef"),
            ("w/wrangler.toml", "name = \"shop\"\n"),
        ],
        &[
            ("heroku", "app shop-prod in .git/config (remote heroku)", Production),
            ("heroku --app=shop-dev", "app shop-dev", Development),
            ("heroku --app=?", "what --app is, is not known", Unknown),
            ("fly", "app shop-staging in fly.toml", Staging),
            ("vercel", "project shop-live in .vercel/project.json, project prj_1 in .vercel/project.json", Production),
            ("firebase", "project acme-dev in .firebaserc", Development),
            ("firebase --project=prod", "project prod, project acme-7 in .firebaserc", Production),
            ("supabase", "project abcdef in supabase/.temp/project-ref", Unknown),
            ("supabase --local=true", "database localhost", Development),
            ("supabase --db-url=postgres://u:hunter2@prod/x", "--db-url (host prod, database x)", Production),
            ("wrangler --env=staging", "environment staging, worker shop in wrangler.toml", Staging),
        ],
    );
}

#[test]
fn remotes_are_those_of_the_repository() {
    let config = "[core]\n\tbare = false\n[remote \"origin\"]\n\turl = https://me:hunter2@git.example.com/a/live.git\n\
        [remote \"prod\"]\n\turl = /srv/git/x\n[remote \"a/b\"]\n\turl = https://git.heroku.com/shop-staging.git\n";
    let machine = Machine::new(&[
        ("w/.git/config", config),
        ("w/sub/x", ""),
        ("l/.git", "gitdir: ../w/.git/worktrees/l\n"),
        ("w/.git/worktrees/l/commondir", "../..\n"),
    ]);
    let budget = Budget::until(Instant::now() + Duration::from_secs(60));
    let find = |directory: &Path, name: &str| {
        let found = super::remote(directory, name, &budget);
        let mut target = Target::new(TargetKind::GitRemoteRef, name);
        environment::settle(&mut target, Some(&found), &Environments::default());
        (target.environment_from.unwrap_or_default(), target.environment)
    };
    // What a repository is called says nothing of where it runs.
    let origin = ("remote origin (https://git.example.com/a/live.git)".to_owned(), Unknown);
    for directory in ["w", "w/sub", "w/.git", "l"] {
        assert_eq!(find(&machine.at(directory), "origin/main"), origin, "{directory}");
    }
    assert_eq!(find(&machine.at("w"), "prod/main").1, Production);
    assert_eq!(find(&machine.at("w"), "a/b/main").1, Staging);
    assert_eq!(find(&machine.at("w"), "none/prod"), (String::new(), Unknown));
}

#[test]
fn configuration_is_read_only_where_something_is_at_stake() {
    use weir_model::{Effect, Verb};
    let machine = Machine::new(&[(".kube/config", KUBE), (".pg_service.conf", "[s]\nhost=db.prod\n")]);
    let lookup = |provider, variables: &[(&str, &str)]| {
        Some(Arc::new(Lookup {
            provider,
            program: if provider == Provider::Database { "psql" } else { "kubectl" }.into(),
            settings: Vec::new(),
            words: Vec::new(),
            variables: variables.iter().map(|(name, value)| ((*name).into(), Some((*value).into()))).collect(),
            directory: None,
        }))
    };
    let effect = |verb, kind, lookup: &Option<Arc<Lookup>>, via: &[&str]| {
        let mut effect = Effect::new(verb, Target::new(kind, "x"));
        effect.target.lookup = lookup.clone();
        effect.via = via.iter().map(|step| (*step).to_owned()).collect();
        effect
    };
    let measured = |mut effects: Vec<Effect>| {
        let context = crate::Context {
            cwd: &machine.home,
            home: Some(&machine.home),
            session_started: None,
            environments: &Environments::default(),
            budget: Duration::from_secs(60),
        };
        crate::measure(&mut effects, &context);
        effects.iter().map(|effect| effect.target.environment).collect::<Vec<_>>()
    };
    let cluster = lookup(Provider::Kubernetes, &[]);
    let server = lookup(Provider::Database, &[("PGSERVICE", "s")]);
    let client = |verb| effect(verb, TargetKind::Database, &server, &[]);
    let table = |verb| effect(verb, TargetKind::Table, &None, &["psql -c"]);
    assert_eq!(measured(vec![effect(Verb::Read, TargetKind::KubernetesObject, &cluster, &[])]), [Unknown]);
    assert_eq!(measured(vec![effect(Verb::Delete, TargetKind::KubernetesObject, &cluster, &[])]), [Production]);
    assert_eq!(measured(vec![client(Verb::Execute), table(Verb::Read)]), [Unknown, Unknown]);
    // A statement is where its client is connected to.
    assert_eq!(measured(vec![client(Verb::Execute), table(Verb::Delete)]), [Production, Production]);
}

#[test]
fn what_people_wrote_goes_before_words_for_each_fact() {
    let rule = |environment, pattern: &str| weir_model::EnvironmentPattern {
        environment,
        pattern: pattern.into(),
        file: "f".into(),
    };
    let facts = |list: &[(&str, Weight)]| Found {
        said: vec!["somewhere".into()],
        facts: list.iter().map(|(name, weight)| Fact { name: (*name).into(), weight: *weight }).collect(),
    };
    let rules = Environments {
        own: vec![rule(Development, "live-demo"), rule(Production, "123456789012"), rule(Staging, "git@*")],
        tightening: vec![rule(Production, "crown*")],
    };
    for (named, list, expected) in [
        (None, &[("live-demo", Weight::Place)][..], (Development, "somewhere; development by `live-demo` in f")),
        (None, &[("live-demo", Weight::Hint)], (Development, "somewhere; development by `live-demo` in f")),
        (None, &[("live-demo", Weight::Place), ("prod", Weight::Hint)], (Production, "somewhere")),
        (
            None,
            &[("dev", Weight::Place), ("123456789012", Weight::Place)],
            (Production, "somewhere; production by `123456789012` in f"),
        ),
        (None, &[("dev", Weight::Hint)], (Unknown, "somewhere")),
        (None, &[("git@h:a/live.git", Weight::Plain)], (Staging, "somewhere; staging by `git@*` in f")),
        (None, &[("h:a/live.git", Weight::Plain)], (Unknown, "somewhere")),
        (
            Some("--context crown-1, -n dev"),
            &[("dev", Weight::Place)],
            (Production, "somewhere, --context crown-1; production by `crown*` in f"),
        ),
    ] {
        let mut target = Target::new(TargetKind::CloudResource, "x");
        target.environment_from = named.map(str::to_owned);
        environment::settle(&mut target, Some(&facts(list)), &rules);
        assert_eq!((target.environment, target.environment_from.as_deref().unwrap()), expected, "{list:?}");
    }
}
