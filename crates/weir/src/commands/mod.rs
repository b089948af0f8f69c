//! One file per command: its arguments (whose comments are the help text) and one function.

pub(crate) mod approve;
pub(crate) mod cal;
pub(crate) mod can_undo;
pub(crate) mod catalog;
pub(crate) mod check;
pub(crate) mod completions;
pub(crate) mod doctor;
pub(crate) mod hold;
pub(crate) mod init;
pub(crate) mod log;
pub(crate) mod policy;
pub(crate) mod reject;
pub(crate) mod replay;
pub(crate) mod restore_points;
pub(crate) mod run;
pub(crate) mod show;
pub(crate) mod undo;
pub(crate) mod uninstall;
