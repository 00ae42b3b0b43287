//! The phase machine: states as types, their order, `waitFor` and what a failure means.

mod phase;

pub use phase::Phase;
