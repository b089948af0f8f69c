//! The asked-for fields as a tree of keys, filled from the text of an entity.

use indexmap::IndexMap;

use crate::{
    source::{
        json::cursor::{Cursor, Fault},
        table::Buffer,
    },
    value::Value,
};

/// How many keys of an object are remembered in their order.
const REMEMBERED: usize = 256;
/// The longest key that is remembered.
const REMEMBERED_LENGTH: usize = 64;

/// The asked-for fields. Learns the order of the keys: entities of a collection mostly have the same.
#[derive(Debug)]
pub(crate) struct Paths {
    nodes: Vec<Node>,
    entity: u64,
}

#[derive(Debug, Default)]
struct Node {
    slot: Option<usize>,
    children: IndexMap<Box<str>, usize>,
    /// What the first, second, … key of the last object was, and its node.
    order: Vec<(Box<str>, Option<usize>)>,
    /// The entity in which this was last filled; a second time means that the key stands twice.
    filled: u64,
}

const ROOT: usize = 0;

impl Paths {
    pub(crate) fn new(paths: &[String]) -> Self {
        let mut this = Self { nodes: vec![Node::default()], entity: 0 };
        for (slot, path) in paths.iter().enumerate() {
            let node = path.split('.').fold(ROOT, |node, key| this.child(node, key));
            this.assign(node, slot);
            if path.contains('.') {
                // A key may have a dot in it.
                let node = this.child(ROOT, path);
                this.assign(node, slot);
            }
        }
        this
    }

    fn child(&mut self, node: usize, key: &str) -> usize {
        let next = self.nodes.len();
        let Some(parent) = self.nodes.get_mut(node) else { return node };
        if let Some(child) = parent.children.get(key) {
            return *child;
        }
        parent.children.insert(key.into(), next);
        self.nodes.push(Node::default());
        next
    }

    fn assign(&mut self, node: usize, slot: usize) {
        if let Some(node) = self.nodes.get_mut(node) {
            node.slot = Some(slot);
        }
    }

    /// Fills the row of one entity.
    pub(crate) fn fill(&mut self, text: &str, buffer: &mut Buffer) -> Result<(), Fault> {
        self.entity += 1;
        buffer.clear();
        let mut cursor = Cursor::new(text);
        if cursor.peek() != Some(b'{') {
            // The text may be no JSON at all; then that is to be said first.
            let fault = Fault { at: 0, message: "an entity is an object in `{}`" };
            return Err(cursor.skip().and_then(|()| cursor.end()).err().unwrap_or(fault));
        }
        self.object(ROOT, &mut cursor, buffer)?;
        cursor.end()
    }

    /// Fills the row of one entity that was read before.
    pub(crate) fn fill_from(&mut self, entity: &serde_json::Value, buffer: &mut Buffer) {
        self.entity += 1;
        buffer.clear();
        self.from_tree(ROOT, entity, buffer);
    }

    fn object(&mut self, node: usize, cursor: &mut Cursor<'_>, buffer: &mut Buffer) -> Result<(), Fault> {
        cursor.enter()?;
        let mut first = true;
        let mut ordinal = 0;
        while let Some(key) = cursor.key(&mut first)? {
            match self.find(node, ordinal, &key) {
                Some(child) => self.value(child, cursor, buffer)?,
                None => cursor.skip()?,
            }
            ordinal += 1;
        }
        Ok(())
    }

    fn find(&mut self, node: usize, ordinal: usize, key: &str) -> Option<usize> {
        let node = self.nodes.get_mut(node)?;
        let remembered = node.order.get_mut(ordinal);
        if let Some((known, child)) = &remembered
            && **known == *key
        {
            return *child;
        }
        let child = node.children.get(key).copied();
        match remembered {
            _ if key.len() > REMEMBERED_LENGTH => {}
            Some(entry) => *entry = (key.into(), child),
            None if ordinal < REMEMBERED => node.order.push((key.into(), child)),
            None => {}
        }
        child
    }

    fn value(&mut self, node: usize, cursor: &mut Cursor<'_>, buffer: &mut Buffer) -> Result<(), Fault> {
        let Some(this) = self.nodes.get_mut(node) else { return cursor.skip() };
        let (slot, leaf) = (this.slot, this.children.is_empty());
        if std::mem::replace(&mut this.filled, self.entity) == self.entity {
            self.forget(node, buffer);
        }
        match (cursor.peek(), slot) {
            (Some(b'{'), None) => self.object(node, cursor, buffer),
            (_, None) => cursor.skip(),
            (Some(b'{' | b'['), Some(slot)) => {
                let tree = cursor.tree()?;
                if !leaf {
                    self.members(node, &tree, buffer);
                }
                buffer.set(slot, Value::Tree(Box::new(tree)));
                Ok(())
            }
            (_, Some(slot)) => {
                buffer.set(slot, cursor.scalar()?);
                Ok(())
            }
        }
    }

    /// The last of two values counts, and nothing of the first.
    fn forget(&self, node: usize, buffer: &mut Buffer) {
        let Some(this) = self.nodes.get(node) else { return };
        if let Some(slot) = this.slot {
            buffer.unset(slot);
        }
        this.children.values().for_each(|child| self.forget(*child, buffer));
    }

    fn members(&self, node: usize, tree: &serde_json::Value, buffer: &mut Buffer) {
        let (Some(this), Some(members)) = (self.nodes.get(node), tree.as_object()) else { return };
        for (key, child) in &this.children {
            if let Some(member) = members.get(&**key) {
                self.from_tree(*child, member, buffer);
            }
        }
    }

    #[expect(clippy::wrong_self_convention, reason = "it is the row that is filled from the tree")]
    fn from_tree(&self, node: usize, tree: &serde_json::Value, buffer: &mut Buffer) {
        if let Some(slot) = self.nodes.get(node).and_then(|node| node.slot) {
            buffer.set(slot, value(tree));
        }
        self.members(node, tree, buffer);
    }
}

/// The value of a field that was read before.
pub(crate) fn value(tree: &serde_json::Value) -> Value {
    match tree {
        serde_json::Value::Null => Value::Missing,
        serde_json::Value::Bool(value) => Value::Bool(*value),
        serde_json::Value::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(whole), _) => Value::Integer(whole),
            (None, Some(number)) => Value::Number(number),
            (None, None) => Value::Missing,
        },
        serde_json::Value::String(text) => Value::Text(text.as_str().into()),
        tree => Value::Tree(Box::new(tree.clone())),
    }
}
