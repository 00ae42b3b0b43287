//! stub
/// stub
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// s
    Codespace,
    /// p
    Prebuild,
}
