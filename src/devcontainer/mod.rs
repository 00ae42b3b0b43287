//! A repository's dev container configuration: read, merge, substitute. Knows no Docker and no GitHub.
