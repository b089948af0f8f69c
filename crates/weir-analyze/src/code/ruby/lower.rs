//! From the grammar's tree of Ruby to the tree that is followed.

mod calls;
mod expressions;

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use tree_sitter::{Node, Tree};

use crate::code::syntax::{Budget, MOST_TOKENS, children, mostly_errors, parse as parse_tree, too_long};
use crate::code::tree::{Class, Expr, Function, Pattern, Program, Stmt, returning};

/// Reads a program.
pub(super) fn parse(text: &str) -> Program {
    // What is no Ruby takes this parser longest.
    if too_long(text, MOST_TOKENS * 2 / 3) {
        return Program { body: Vec::new(), missing: Some("the program is longer than is read") };
    }
    let Some(tree) = parse_tree(&tree_sitter_ruby::LANGUAGE.into(), text, 1) else {
        return Program { body: Vec::new(), missing: Some("the program takes too long to read") };
    };
    let mut lower = Lower {
        text,
        budget: Budget::new(),
        methods: HashSet::new(),
        locals: HashSet::new(),
        class: None,
        documents: HashMap::new(),
    };
    lower.survey(&tree);
    if mostly_errors(tree.root_node()) {
        lower.budget.missing = Some("the program has errors and could not be read");
    }
    let mut body = lower.block(tree.root_node());
    // Methods that stand below are known, too.
    let (mut first, rest): (Vec<Stmt>, Vec<Stmt>) = body.drain(..).partition(|stmt| matches!(stmt, Stmt::Function(..)));
    first.extend(rest);
    Program { body: first, missing: lower.budget.missing }
}

struct Lower<'t> {
    text: &'t str,
    budget: Budget,
    /// Names of methods that the program defines.
    methods: HashSet<&'t str>,
    /// Names of variables.
    locals: HashSet<&'t str>,
    /// The class in which it is.
    class: Option<String>,
    /// The bodies of here-documents, by the place where each begins.
    documents: HashMap<usize, Node<'t>>,
}

impl<'t> Lower<'t> {
    fn source(&self, node: Node<'_>) -> &'t str {
        self.text.get(node.start_byte()..node.end_byte()).unwrap_or_default()
    }

    /// Looks once at all names, and at all here-documents: their bodies stand behind the line that begins them.
    fn survey<'n>(&mut self, tree: &'n Tree)
    where
        'n: 't,
    {
        let (mut beginnings, mut bodies) = (Vec::new(), Vec::new());
        let mut cursor = tree.walk();
        loop {
            let node = cursor.node();
            let name = |field: &str| node.child_by_field_name(field).filter(|name| name.kind() == "identifier");
            match node.kind() {
                "heredoc_beginning" => beginnings.push(node.start_byte()),
                "heredoc_body" => bodies.push(node),
                "method" | "singleton_method" => {
                    self.methods.extend(node.child_by_field_name("name").map(|name| self.source(name)));
                }
                "assignment" | "operator_assignment" => {
                    self.locals.extend(name("left").map(|name| self.source(name)));
                }
                "optional_parameter"
                | "keyword_parameter"
                | "splat_parameter"
                | "block_parameter"
                | "hash_splat_parameter" => {
                    self.locals.extend(name("name").map(|name| self.source(name)));
                }
                "method_parameters"
                | "block_parameters"
                | "lambda_parameters"
                | "destructured_parameter"
                | "left_assignment_list"
                | "destructured_left_assignment" => {
                    let names = children(node).into_iter().filter(|child| child.kind() == "identifier");
                    self.locals.extend(names.map(|name| self.source(name)).collect::<Vec<_>>());
                }
                _ => {}
            }
            if cursor.goto_first_child() || cursor.goto_next_sibling() {
                continue;
            }
            loop {
                if !cursor.goto_parent() {
                    beginnings.sort_unstable();
                    bodies.sort_by_key(Node::start_byte);
                    self.documents = beginnings.into_iter().zip(bodies).collect();
                    return;
                }
                if cursor.goto_next_sibling() {
                    break;
                }
            }
        }
    }

    /// The statements among the children of a node, with what is rescued and ensured.
    fn block(&mut self, node: Node<'t>) -> Vec<Stmt> {
        let mut out = Vec::new();
        if !self.budget.enter() {
            return out;
        }
        let parts = children(node);
        let guarded = parts.iter().any(|part| part.kind() == "rescue");
        let mut body = Vec::new();
        let mut after = Vec::new();
        for part in parts {
            match part.kind() {
                "rescue" => {
                    let handler = part.child_by_field_name("body").map(|body| self.block(body)).unwrap_or_default();
                    after.push(Stmt::Maybe(handler));
                }
                "else" | "ensure" if guarded || part.kind() == "ensure" => {
                    let inner = self.block(part);
                    after.push(Stmt::Block(inner));
                }
                _ => self.stmt(part, &mut body),
            }
        }
        if guarded {
            out.push(Stmt::Branches(vec![body, Vec::new()], true));
        } else {
            out = body;
        }
        out.extend(after);
        self.budget.leave();
        out
    }

    fn field_block(&mut self, node: Node<'t>, field: &str) -> Vec<Stmt> {
        match node.child_by_field_name(field) {
            Some(body) if matches!(body.kind(), "then" | "do" | "else" | "body_statement" | "block_body" | "begin") => {
                self.block(body)
            }
            Some(body) => {
                let mut out = Vec::new();
                self.stmt(body, &mut out);
                out
            }
            None => Vec::new(),
        }
    }

    fn field(&mut self, node: Node<'t>, field: &str) -> Expr {
        node.child_by_field_name(field).map_or(Expr::Null, |node| self.expr(node))
    }

    fn field_text(&self, node: Node<'_>, field: &str) -> String {
        node.child_by_field_name(field).map(|node| self.source(node)).unwrap_or_default().to_owned()
    }

    fn stmt(&mut self, node: Node<'t>, out: &mut Vec<Stmt>) {
        if !self.budget.enter() {
            return;
        }
        self.stmt_inner(node, out);
        self.budget.leave();
    }

    fn stmt_inner(&mut self, node: Node<'t>, out: &mut Vec<Stmt>) {
        match node.kind() {
            "method" | "singleton_method" => {
                let function = self.method(node);
                out.push(Stmt::Function(self.field_text(node, "name"), function));
            }
            "class" | "module" | "singleton_class" => {
                let name = self.field_text(node, "name");
                let name = name.rsplit("::").next().unwrap_or_default().to_owned();
                let inner = if name.is_empty() { self.class.clone() } else { Some(name.clone()) };
                let outer = std::mem::replace(&mut self.class, inner);
                let body = self.field_block(node, "body");
                self.class = outer;
                let base = node
                    .child_by_field_name("superclass")
                    .and_then(|base| children(base).first().copied())
                    .map(|base| self.expr(base));
                let methods = body
                    .iter()
                    .filter_map(|stmt| match stmt {
                        Stmt::Function(name, function) => Some((name.clone(), Rc::clone(function))),
                        _ => None,
                    })
                    .collect();
                if !name.is_empty() {
                    out.push(Stmt::Class(Rc::new(Class { name, base, methods, body: Vec::new() })));
                }
                // Its constants, and methods that are called without a receiver.
                out.extend(body);
            }
            "if" | "unless" | "elsif" => self.branches(node, out),
            "if_modifier" | "unless_modifier" => {
                let mut body = Vec::new();
                if let Some(inner) = node.child_by_field_name("body") {
                    self.stmt(inner, &mut body);
                }
                let turned = node.kind() == "unless_modifier";
                self.chosen(node.child_by_field_name("condition"), turned, vec![body], false, out);
            }
            "while_modifier" | "until_modifier" => {
                let condition = self.field(node, "condition");
                let body = self.field_block(node, "body");
                out.push(Stmt::Expr(condition));
                out.push(Stmt::Maybe(body));
            }
            "rescue_modifier" => {
                let body = self.field_block(node, "body");
                let handler = self.field_block(node, "handler");
                out.push(Stmt::Branches(vec![body, Vec::new()], true));
                out.push(Stmt::Maybe(handler));
            }
            "while" | "until" => {
                let condition = self.field(node, "condition");
                out.push(Stmt::Expr(condition));
                let body = self.field_block(node, "body");
                out.push(Stmt::Maybe(body));
            }
            "for" => {
                let pattern =
                    node.child_by_field_name("pattern").map_or(Pattern::Skip, |pattern| self.pattern(pattern));
                let over = node.child_by_field_name("value").and_then(|value| children(value).first().copied());
                let over = over.map_or(Expr::Null, |over| self.expr(over));
                let body = self.field_block(node, "body");
                out.push(Stmt::For(pattern, over, body));
            }
            "case" | "case_match" => {
                let value = self.field(node, "value");
                out.push(Stmt::Expr(value));
                let mut branches = Vec::new();
                let mut complete = false;
                for part in children(node) {
                    match part.kind() {
                        "when" | "in_clause" => branches.push(self.field_block(part, "body")),
                        "else" => {
                            complete = true;
                            branches.push(self.block(part));
                        }
                        _ => {}
                    }
                }
                out.push(Stmt::Branches(branches, complete));
            }
            "begin" | "then" | "do" | "parenthesized_statements" | "begin_block" | "end_block" | "ERROR" => {
                let body = self.block(node);
                out.extend(body);
            }
            "return" => {
                let value = children(node).first().copied().map(|list| self.only(list));
                out.push(Stmt::Return(value));
            }
            "next" | "break" | "redo" | "retry" => out.push(Stmt::Stop(None)),
            "binary" if self.is_choice(node) => {
                // What stands behind `or` runs only where what stands before it failed.
                if let Some(left) = node.child_by_field_name("left") {
                    self.stmt(left, out);
                }
                let mut rest = Vec::new();
                if let Some(right) = node.child_by_field_name("right") {
                    self.stmt(right, &mut rest);
                }
                out.push(Stmt::Maybe(rest));
            }
            "call" if node.child_by_field_name("receiver").is_none() => self.word(node, out),
            "identifier" if self.source(node) == "raise" => out.push(Stmt::Stop(None)),
            // A name that stands alone is a call.
            "identifier" if !self.locals.contains(self.source(node)) => {
                let name = self.source(node).to_owned();
                out.push(Stmt::Expr(calls::call(Expr::Name(name.clone()), Vec::new(), &name)));
            }
            "alias" | "undef" | "heredoc_body" | "comment" | "uninterpreted" | "empty_statement" => {}
            _ => {
                let value = self.expr(node);
                out.push(Stmt::Expr(value));
            }
        }
    }

    /// A call without a receiver: some are words of the language.
    fn word(&mut self, node: Node<'t>, out: &mut Vec<Stmt>) {
        let name = self.field_text(node, "method");
        match name.as_str() {
            "raise" | "fail" => {
                let value = self.expr(node);
                out.push(Stmt::Stop(Some(value)));
            }
            "private" | "public" | "protected" | "module_function" | "private_class_method" | "memoize" => {
                for arg in node.child_by_field_name("arguments").map(children).unwrap_or_default() {
                    if matches!(arg.kind(), "method" | "singleton_method") {
                        self.stmt(arg, out);
                    }
                }
            }
            _ => {
                let value = self.expr(node);
                out.push(Stmt::Expr(value));
            }
        }
    }

    fn is_choice(&self, node: Node<'_>) -> bool {
        matches!(self.field_text(node, "operator").as_str(), "or" | "and" | "||" | "&&")
    }

    fn branches(&mut self, node: Node<'t>, out: &mut Vec<Stmt>) {
        let first = self.field_block(node, "consequence");
        let mut branches = vec![first];
        let mut complete = false;
        let mut conditions = Vec::new();
        let mut next = node.child_by_field_name("alternative");
        while let Some(part) = next.take() {
            if part.kind() == "elsif" {
                conditions.push(self.field(part, "condition"));
                let body = self.field_block(part, "consequence");
                branches.push(body);
                next = part.child_by_field_name("alternative");
            } else {
                let body = self.block(part);
                branches.push(body);
                complete = true;
            }
        }
        out.extend(conditions.into_iter().map(Stmt::Expr));
        self.chosen(node.child_by_field_name("condition"), node.kind() == "unless", branches, complete, out);
    }

    /// Statements of which a condition chooses some.
    fn chosen(
        &mut self,
        condition: Option<Node<'t>>,
        turned: bool,
        branches: Vec<Vec<Stmt>>,
        complete: bool,
        out: &mut Vec<Stmt>,
    ) {
        let text = condition.map(|condition| self.source(condition)).unwrap_or_default();
        let value = condition.map_or(Expr::Null, |condition| self.expr(condition));
        // `if __FILE__ == $0` always holds.
        if text.contains("__FILE__") && text.contains("==") && (text.contains("$0") || text.contains("$PROGRAM_NAME")) {
            out.extend(branches.into_iter().next().unwrap_or_default());
            return;
        }
        let simple = condition.is_some_and(|condition| matches!(condition.kind(), "constant" | "true" | "false"));
        if matches!(value, Expr::Bool(false)) && !turned {
            out.extend(branches.into_iter().nth(1).unwrap_or_default());
        } else if simple && branches.len() <= 2 {
            out.push(Stmt::When(value, turned, branches, complete));
        } else {
            out.push(Stmt::Expr(value));
            out.push(Stmt::Branches(branches, complete));
        }
    }

    fn method(&mut self, node: Node<'t>) -> Rc<Function> {
        let (params, rest, mut before) = self.params(node.child_by_field_name("parameters"));
        let body = match node.child_by_field_name("body") {
            Some(body) if body.kind() == "body_statement" => self.block(body),
            Some(body) => {
                let mut out = Vec::new();
                self.stmt(body, &mut out);
                out
            }
            None => Vec::new(),
        };
        before.extend(returning(body));
        Rc::new(Function { params, body: before, rest })
    }

    /// Parameters, whether the last takes what is left, and what is bound before the body runs.
    #[expect(clippy::type_complexity, reason = "these are the parts of a function, used twice")]
    fn params(&mut self, node: Option<Node<'t>>) -> (Vec<(Pattern, Option<Expr>)>, bool, Vec<Stmt>) {
        let mut params = Vec::new();
        let mut rest = false;
        let mut before = Vec::new();
        for param in node.map(children).unwrap_or_default() {
            match param.kind() {
                "optional_parameter" | "keyword_parameter" => {
                    let value = param.child_by_field_name("value").map(|value| self.expr(value));
                    params.push((Pattern::Name(self.field_text(param, "name")), value));
                }
                "splat_parameter" => {
                    params.push((Pattern::Name(self.field_text(param, "name")), None));
                    rest = true;
                    break;
                }
                "block_parameter" => before.push(Stmt::Assign(
                    vec![Pattern::Name(self.field_text(param, "name"))],
                    Expr::Name(calls::BLOCK.to_owned()),
                )),
                "hash_splat_parameter" => {}
                "forward_parameter" => {
                    params.push((Pattern::Name("...".to_owned()), None));
                    rest = true;
                }
                _ => params.push((self.pattern(param), None)),
            }
        }
        (params, rest, before)
    }

    fn pattern(&mut self, node: Node<'t>) -> Pattern {
        if !self.budget.enter() {
            return Pattern::Skip;
        }
        let pattern = match node.kind() {
            "identifier" | "constant" | "class_variable" | "global_variable" => {
                Pattern::Name(self.source(node).to_owned())
            }
            "scope_resolution" => Pattern::Name(self.field_text(node, "name")),
            "instance_variable" => {
                let name = self.source(node).trim_start_matches('@').to_owned();
                Pattern::Attr(Expr::Name("this".to_owned()), name)
            }
            "call" => Pattern::Attr(self.field(node, "receiver"), self.field_text(node, "method")),
            "element_reference" => {
                let object = self.field(node, "object");
                let key = children(node).get(1).copied().map_or(Expr::Null, |key| self.expr(key));
                Pattern::Index(object, key)
            }
            "left_assignment_list" | "destructured_parameter" | "destructured_left_assignment" => {
                Pattern::List(children(node).into_iter().map(|part| self.pattern(part)).collect())
            }
            _ => Pattern::Skip,
        };
        self.budget.leave();
        pattern
    }
}
