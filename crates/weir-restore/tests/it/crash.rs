//! A recorder or an undo that is killed.
