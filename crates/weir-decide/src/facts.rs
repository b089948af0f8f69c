//! What policies see of an effect.

use std::collections::HashSet;

use cedar_policy_core::ast::{Context, Entity, EntityUIDEntry, Request, RestrictedExpr};
use cedar_policy_core::entities::{Entities, NoEntitiesSchema, TCComputation};
use cedar_policy_core::extensions::Extensions;
use weir_model::{Effect, Figure, Scope, TargetKind};

use crate::DecideError;
use crate::codec::uid;

/// What is asked: may this agent have this effect?
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// The agent's short name.
    pub agent: &'a str,
    /// The effect, measured.
    pub effect: &'a Effect,
    /// Approvals that people have given already.
    pub approvals: u32,
}

/// The remedies under which one question is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Remedies {
    pub(crate) restore_point: bool,
    pub(crate) preview: bool,
    pub(crate) approvals: u32,
}

/// The Cedar entity type of a target kind.
pub(crate) const fn type_name(kind: TargetKind) -> &'static str {
    match kind {
        TargetKind::FileTree => "FileTree",
        TargetKind::GitWorktree => "GitWorktree",
        TargetKind::GitRef => "GitRef",
        TargetKind::GitStash => "GitStash",
        TargetKind::GitRemoteRef => "GitRemoteRef",
        TargetKind::GitRepository => "GitRepository",
        TargetKind::Database => "Database",
        TargetKind::Table => "Table",
        TargetKind::InfrastructureState => "InfrastructureState",
        TargetKind::CloudResource => "CloudResource",
        TargetKind::KubernetesObject => "KubernetesObject",
        TargetKind::Container => "Container",
        TargetKind::Volume => "Volume",
        TargetKind::Image => "Image",
        TargetKind::Package => "Package",
        TargetKind::Publication => "Publication",
        TargetKind::Secret => "Secret",
        TargetKind::Host => "Host",
        TargetKind::Process => "Process",
        TargetKind::Device => "Device",
        TargetKind::ControlSurface => "ControlSurface",
        TargetKind::Program => "Program",
        TargetKind::Unknown => "UnknownTarget",
    }
}

/// The question in Cedar's terms: the target as an entity, and the request without its remedies.
pub(crate) struct Question {
    pub(crate) entities: Entities,
    principal: EntityUIDEntry,
    action: EntityUIDEntry,
    resource: EntityUIDEntry,
    context: Vec<(&'static str, RestrictedExpr)>,
}

impl Question {
    pub(crate) fn new(facts: &Facts<'_>) -> Result<Self, DecideError> {
        let effect = facts.effect;
        let name = || DecideError::Facts("a name of the vocabulary is not one of Cedar's".to_owned());
        let entity = |kind: &str, id: &str| uid(kind, id).ok_or_else(name);
        let principal = entity("Agent", facts.agent)?;
        let action = entity("Action", effect.verb.name())?;
        let resource = entity(type_name(effect.target.kind), &effect.target.name)?;
        let text = |text: &str| RestrictedExpr::val(text);
        let none = HashSet::new;
        let extensions = Extensions::none();
        let agent =
            Entity::new(principal.clone(), [("name".into(), text(facts.agent))], none(), none(), [], extensions);
        let target = Entity::new(
            resource.clone(),
            [
                ("name".into(), text(&effect.target.name)),
                ("environment".into(), RestrictedExpr::val(entity("Environment", effect.target.environment.name())?)),
                ("stateful".into(), RestrictedExpr::val(effect.target.stateful)),
            ],
            none(),
            none(),
            [],
            extensions,
        );
        let wrong = |error: &dyn std::fmt::Display| DecideError::Facts(error.to_string());
        let entities = Entities::from_entities(
            [agent.map_err(|error| wrong(&error))?, target.map_err(|error| wrong(&error))?],
            None::<&NoEntitiesSchema>,
            TCComputation::AssumeAlreadyComputed,
            extensions,
        )
        .map_err(|error| wrong(&error))?;
        let impact = &effect.impact;
        let figure = |figure: Option<Figure>| {
            let value = figure.and_then(Figure::value).unwrap_or(0);
            RestrictedExpr::val(i64::try_from(value).unwrap_or(i64::MAX))
        };
        let figures = RestrictedExpr::record([
            ("files".into(), figure(impact.files)),
            ("bytes".into(), figure(impact.bytes)),
            ("only_copy_files".into(), figure(impact.only_copy_files)),
            ("only_copy_bytes".into(), figure(impact.only_copy_bytes)),
            ("commits".into(), figure(impact.commits)),
            ("refs".into(), figure(impact.refs)),
            ("stashes".into(), figure(impact.stashes)),
            ("rows".into(), figure(impact.rows)),
            ("resources".into(), figure(impact.resources)),
        ])
        .map_err(|error| wrong(&error))?;
        let scope = match effect.scope {
            Scope::Whole => "whole",
            Scope::Files => "files",
            Scope::EmptyDirectories => "empty-directories",
            Scope::Filtered { .. } => "filtered",
            Scope::Content => "content",
            Scope::Moved { .. } => "moved",
            Scope::Git(_) => "git",
        };
        let context = vec![
            ("impact", figures),
            ("uncertain", RestrictedExpr::val(impact.is_uncertain())),
            ("exists", RestrictedExpr::val(impact.exists != Some(false))),
            ("protected", RestrictedExpr::val(impact.protected.is_some())),
            ("scope", RestrictedExpr::val(entity("Scope", scope)?)),
            ("opaque", RestrictedExpr::val(effect.opaque)),
            ("reversibility", RestrictedExpr::val(entity("Reversibility", effect.reversibility.name())?)),
        ];
        let known = |uid| EntityUIDEntry::known(uid, None);
        Ok(Self { entities, principal: known(principal), action: known(action), resource: known(resource), context })
    }

    /// The request under `remedies`.
    pub(crate) fn request(&self, remedies: Remedies) -> Result<Request, DecideError> {
        let fields = self
            .context
            .iter()
            .cloned()
            .chain([
                ("restore_point", RestrictedExpr::val(remedies.restore_point)),
                ("preview", RestrictedExpr::val(remedies.preview)),
                ("approvals", RestrictedExpr::val(i64::from(remedies.approvals))),
            ])
            .map(|(name, value)| (name.into(), value));
        let context =
            Context::from_pairs(fields, Extensions::none()).map_err(|error| DecideError::Facts(error.to_string()))?;
        Ok(Request::new_unchecked(self.principal.clone(), self.action.clone(), self.resource.clone(), Some(context)))
    }
}
