//! localspace rehearses GitHub Codespaces on your own Docker: it drives a real container through the whole life of a codespace, in
//! Codespaces' order and by its rules.
//!
//! Data flows one way, and nothing to the right is imported by anything to its left:
//!
//! ```text
//! devcontainer ─┐
//!               ├─► plan ─► lifecycle ─► steps ─► engine        (each step's outcome ─► journal ─► report, ui)
//! github ───────┘
//! ```
//!
//! Start at [`lifecycle`]: the order of the phases is the order in which its types can be had from each other. [`plan`] decides which phases
//! run, [`steps`] does them on an [`engine`], [`journal`] keeps what happened, and [`report`] and [`ui`] show it. `ARCHITECTURE.md` is the map.

pub mod cli;
pub mod codespace;
pub mod compose;
pub mod devcontainer;
pub mod diagnosis;
pub mod duration;
pub mod ecr;
pub mod engine;
pub mod feature_store;
pub mod github;
pub mod home;
pub mod hub_container;
pub mod hub_server;
pub mod journal;
pub mod lifecycle;
pub mod nearest;
pub mod permissions;
pub mod phase;
pub mod plan;
pub mod prebuild;
pub mod program;
pub mod redact;
pub mod report;
pub mod repository;
pub mod scenario;
pub mod secret_store;
pub mod shell_word;
pub mod steps;
pub mod tree;
pub mod ui;
