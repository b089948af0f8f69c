//! What only TypeScript has.

use tree_sitter::Node;

use super::Lower;
use crate::code::syntax::children;
use crate::code::tree::{Expr, Pattern, Stmt};

impl Lower<'_> {
    /// A parameter with a type. What is declared in a constructor is a field, too.
    pub(super) fn parameter(
        &mut self,
        node: Node<'_>,
        params: &mut Vec<(Pattern, Option<Expr>)>,
        fields: &mut Vec<Stmt>,
        rest: &mut bool,
    ) {
        let Some(pattern) = node.child_by_field_name("pattern") else { return };
        match pattern.kind() {
            "this" => return,
            "rest_pattern" => {
                let inner = children(pattern).first().copied().unwrap_or(pattern);
                params.push((self.pattern(inner), None));
                *rest = true;
                return;
            }
            _ => {}
        }
        let value = node.child_by_field_name("value").map(|value| self.expr(value));
        let mut cursor = node.walk();
        let field = node
            .children(&mut cursor)
            .any(|child| matches!(child.kind(), "accessibility_modifier" | "override_modifier" | "readonly"));
        let pattern = self.pattern(pattern);
        if let (true, Pattern::Name(name)) = (field, &pattern) {
            let this = Expr::Name("this".to_owned());
            fields.push(Stmt::Assign(vec![Pattern::Attr(this, name.clone())], Expr::Name(name.clone())));
        }
        params.push((pattern, value));
    }

    pub(super) fn enumeration(&mut self, node: Node<'_>, out: &mut Vec<Stmt>) {
        let mut pairs = Vec::new();
        for member in node.child_by_field_name("body").map(children).unwrap_or_default() {
            let name = match member.child_by_field_name("name") {
                Some(name) if name.kind() == "string" => self.string_text(name),
                Some(name) => self.source(name).to_owned(),
                None => self.source(member).to_owned(),
            };
            let value = match member.child_by_field_name("value") {
                Some(value) => self.expr(value),
                None => Expr::Many(Vec::new()),
            };
            pairs.push((Expr::Str(name), value));
        }
        out.push(Stmt::Assign(vec![Pattern::Name(self.field_text(node, "name"))], Expr::Dict(pairs)));
    }

    /// `namespace X { ... }`: its statements run, and what it exports is found below its name.
    pub(super) fn namespace(&mut self, node: Node<'_>, out: &mut Vec<Stmt>) {
        let Some(body) = node.child_by_field_name("body") else { return };
        let mut names = Vec::new();
        for export in children(body).into_iter().filter(|child| child.kind() == "export_statement") {
            let Some(declaration) = export.child_by_field_name("declaration") else { continue };
            match declaration.child_by_field_name("name") {
                Some(name) => names.push(self.source(name).to_owned()),
                None => {
                    let parts = children(declaration).into_iter();
                    names.extend(parts.map(|part| self.field_text(part, "name")).filter(|name| !name.is_empty()));
                }
            }
        }
        out.extend(self.block(body));
        let pairs = names.into_iter().map(|name| (Expr::Str(name.clone()), Expr::Name(name))).collect();
        out.push(Stmt::Assign(vec![Pattern::Name(self.field_text(node, "name"))], Expr::Dict(pairs)));
    }
}
