//! A statement acts where its client is connected to.
//!
//! Analysis says two things of `psql -h prod-db -c 'DROP TABLE users'`: that a program talks to a database, and what
//! becomes of a table. Only the first knows which server is meant.

use weir_model::{Effect, Environment, TargetKind, Verb};

/// Gives tables and databases of which the environment is not known that of the connection that they are reached by.
pub(crate) fn pass_on(effects: &mut [Effect]) {
    let mut connection: Option<Effect> = None;
    for effect in effects {
        if effect.verb == Verb::Execute && effect.target.kind == TargetKind::Database {
            connection = Some(effect.clone());
            continue;
        }
        if !matches!(effect.target.kind, TargetKind::Table | TargetKind::Database) {
            continue;
        }
        // A client that says it is in production knows better than a table that looks like a developer's own.
        let open = match effect.target.environment {
            Environment::Unknown => true,
            Environment::Development => {
                connection.as_ref().is_some_and(|client| client.target.environment == Environment::Production)
            }
            _ => false,
        };
        if !open {
            continue;
        }
        // A statement of the same command, which the client handed on.
        if let Some(client) = &connection
            && client.span == effect.span
            && effect.via.len() > client.via.len()
            && effect.via.starts_with(&client.via)
        {
            effect.target.environment = client.target.environment;
            effect.target.environment_from =
                client.target.environment_from.clone().or_else(|| effect.target.environment_from.take());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use weir_model::Target;

    fn effect(verb: Verb, kind: TargetKind, environment: Environment, via: &[&str]) -> Effect {
        let mut effect = Effect::new(verb, Target::new(kind, "x"));
        effect.target.environment = environment;
        effect.via = via.iter().map(|step| (*step).to_owned()).collect();
        effect
    }

    #[test]
    fn statements_are_where_their_client_is_connected_to() {
        let table = |via: &[&str]| effect(Verb::Delete, TargetKind::Table, Environment::Unknown, via);
        let client = |environment, via: &[&str]| effect(Verb::Execute, TargetKind::Database, environment, via);
        let mut effects = [
            table(&["psql -c"]),
            client(Environment::Production, &[]),
            table(&["psql -c"]),
            table(&[]),
            client(Environment::Development, &["x.sh"]),
            table(&["x.sh", "psql"]),
            table(&["y.sh", "psql"]),
            effect(Verb::Delete, TargetKind::Table, Environment::Staging, &["x.sh", "psql"]),
            effect(Verb::Delete, TargetKind::Table, Environment::Development, &["x.sh", "psql"]),
            client(Environment::Production, &[]),
            effect(Verb::Delete, TargetKind::Table, Environment::Development, &["sqlite3"]),
        ];
        pass_on(&mut effects);
        let found: Vec<_> = effects.iter().map(|effect| effect.target.environment).collect();
        assert_eq!(
            found,
            [
                Environment::Unknown,
                Environment::Production,
                Environment::Production,
                Environment::Unknown,
                Environment::Development,
                Environment::Development,
                Environment::Unknown,
                Environment::Staging,
                Environment::Development,
                Environment::Production,
                Environment::Production,
            ]
        );
    }
}
