//! Coding agents' hooks: one file per agent, wire JSON in, wire JSON out
