//! Integration tests: the program itself against a real engine, a real registry and real containers.
//!
//! Each test has a [`support::Sandbox`]: a home, repositories and codespace names of its own, all of which are gone at its end.

mod bad_input;
mod bind;
mod build;
mod checkouts;
mod compile_fail;
mod compose;
mod config;
mod config_container;
mod config_features;
mod configuration;
mod containerd_store;
mod credentials;
mod dockerfile;
mod dotfiles;
mod environment;
mod exec;
mod exec_terminal;
mod feature_build;
mod feature_store;
mod features;
mod full_disk;
mod homes;
mod hook_table;
mod hooks;
mod initialize;
mod interrupted;
mod killed;
mod leaks;
mod lifecycle;
mod logs;
mod ports;
mod rebuild;
mod recovery;
mod recovery_container;
mod registry_explain;
mod run_args;
mod samples;
mod secret;
mod secrets;
mod shared_folder;
mod strange_images;
mod support;
mod surroundings;
mod tidy;
