//! localspace rehearses GitHub Codespaces on your own Docker.

pub mod codespace;
pub mod devcontainer;
pub mod engine;
pub mod github;
pub mod journal;
pub mod lifecycle;
pub mod redact;
pub mod report;
pub mod ui;
