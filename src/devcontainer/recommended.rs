//! The secrets that a repository recommends (codespaces-facts.md section 2): its configuration's `secrets`.

use super::jsonc::Node;

/// A secret that a repository recommends; always optional.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecommendedSecret {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// Where more of it is told.
    pub documentation_url: Option<String>,
}

/// Reads them; what is no text is told of elsewhere.
pub(super) fn recommended(root: &Node) -> Vec<RecommendedSecret> {
    let members = root.get("secrets").into_iter().flat_map(|secrets| secrets.node.last_of_each());
    let read = |name: &str, from: &Node| {
        let text = from.get(name).and_then(|member| member.node.text()).map(str::trim);
        text.filter(|text| !text.is_empty()).map(str::to_owned)
    };
    members
        .map(|member| RecommendedSecret {
            name: member.name.clone(),
            description: read("description", &member.node),
            documentation_url: read("documentationUrl", &member.node),
        })
        .collect()
}
