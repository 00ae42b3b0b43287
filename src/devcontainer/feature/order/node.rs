//! A Feature among the others: which one is the same, which one is meant by a name, and which one comes first.

use std::cmp::Ordering;
use std::ops::Range;

use super::Known;
use crate::devcontainer::document::Spanned;
use crate::devcontainer::feature::collate::collate;
use crate::devcontainer::feature::id::FeatureId;
use crate::devcontainer::feature::metadata::Metadata;
use crate::devcontainer::feature::oci::Version;
use crate::devcontainer::feature::options::Options;
use crate::devcontainer::feature::source::Source;

/// Who asks for a Feature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asker {
    /// The configuration.
    File,
    /// The command line.
    CommandLine,
    /// The Feature of this node.
    Feature(usize),
}

/// A Feature that is asked for.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Request {
    pub(super) written: String,
    pub(super) options: Options,
    pub(super) by: Asker,
    /// The place, in the text of who asks.
    pub(super) span: Range<usize>,
    /// The edge that it is the end of: a node, and which of its `dependsOn`.
    pub(super) edge: Option<(usize, usize)>,
}

/// What a Feature waits for.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Edge {
    /// The id, as the Feature has it.
    pub(super) id: Spanned<String>,
    /// The nodes that are meant: one of them suffices.
    pub(super) to: Vec<usize>,
}

/// A Feature that is installed, once for each set of options.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Node {
    pub(super) request: Request,
    pub(super) source: Source,
    pub(super) metadata: Metadata,
    pub(super) depends_on: Vec<Edge>,
    pub(super) installs_after: Vec<Edge>,
    pub(super) priority: usize,
}

impl Edge {
    pub(super) const fn new(id: Spanned<String>) -> Self {
        Self { id, to: Vec::new() }
    }
}

impl Node {
    pub(super) fn new(request: Request, Known { source, metadata }: Known) -> Self {
        Self { request, source, metadata, depends_on: Vec::new(), installs_after: Vec::new(), priority: 0 }
    }

    /// Tells whether two nodes are one: the same content with the same options.
    pub(super) fn is_equal(&self, other: &Self) -> bool {
        std::mem::discriminant(&self.source) == std::mem::discriminant(&other.source) && self.compare(other).is_eq()
    }

    /// Tells whether an id means this Feature, whatever its version and options: by the name that it has here, or by one that it had.
    pub(super) fn is_named(&self, id: &FeatureId) -> bool {
        if self.source.id().is_named_as(id) {
            return true;
        }
        match (&self.source, id) {
            (Source::Oci { reference, .. }, FeatureId::Oci(other)) => {
                let (home, _) = reference.resource.rsplit_once('/').unwrap_or_default();
                let is_alias = |alias: &str| {
                    other.resource.strip_prefix(home).and_then(|rest| rest.strip_prefix('/'))
                        == Some(&alias.to_lowercase())
                };
                self.metadata.aliases().any(is_alias)
            }
            (Source::Local(_) | Source::Tarball { .. } | Source::Oci { .. }, _) => false,
        }
    }

    /// Compares two Features of one round: the smaller one is installed first.
    pub(super) fn compare(&self, other: &Self) -> Ordering {
        let options = || self.request.options.compare(&other.request.options);
        match (&self.source, &other.source) {
            (Source::Local(one), Source::Local(other)) => collate(&one.path, &other.path).then_with(options),
            (Source::Tarball { feature: one, .. }, Source::Tarball { feature: other, .. }) => {
                collate(&one.url, &other.url).then_with(options)
            }
            (Source::Oci { digest: one, .. }, Source::Oci { digest: other, .. })
                if one == other && options().is_eq() =>
            {
                Ordering::Equal
            }
            (Source::Oci { reference: one, digest, .. }, Source::Oci { reference: two, digest: other_digest, .. }) => {
                let home = |registry: &str, namespace: &str| format!("{registry}/{namespace}");
                let is_renamed =
                    || self.metadata.aliases().any(|alias| other.metadata.aliases().any(|one| one == alias));
                collate(&home(&one.registry, one.namespace()), &home(&two.registry, two.namespace()))
                    .then_with(|| if is_renamed() { Ordering::Equal } else { collate(one.id(), two.id()) })
                    .then_with(|| match (&one.version, &two.version) {
                        // As text, not as versions: 1.10.0 comes before 1.9.0.
                        (Version::Tag(one), Version::Tag(two)) => collate(one, two),
                        (Version::Tag(_) | Version::Digest(_), _) => Ordering::Equal,
                    })
                    .then_with(options)
                    .then_with(|| collate(digest, other_digest))
            }
            (Source::Local(_) | Source::Tarball { .. } | Source::Oci { .. }, _) => {
                collate(&self.request.written, &other.request.written)
            }
        }
    }
}
