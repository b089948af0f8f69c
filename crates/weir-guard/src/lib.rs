//! The loop as one function: judge an action, settle its outcome
