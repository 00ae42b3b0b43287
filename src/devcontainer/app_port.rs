//! `appPort`.

/// One entry of `appPort`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppPort {
    /// What it says.
    pub value: String,
    /// Whether that is a number.
    pub is_number: bool,
    /// Its place.
    pub span: std::ops::Range<usize>,
}
