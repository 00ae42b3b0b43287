//! What each phase does to a real container.

mod gate;
mod marks;
mod remote_user;
mod shell;
