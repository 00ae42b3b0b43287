//! Reports, from the journal alone.
