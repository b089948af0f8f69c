//! The default edition: text to tree.
