//! localspace rehearses GitHub Codespaces on your own Docker.

pub mod cli;
pub mod codespace;
pub mod devcontainer;
pub mod diagnosis;
pub mod engine;
pub mod github;
pub mod home;
pub mod journal;
pub mod lifecycle;
pub mod plan;
pub mod redact;
pub mod report;
pub mod repository;
pub mod steps;
pub mod ui;
