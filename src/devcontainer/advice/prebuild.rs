//! Work that a prebuild could have done (facts row 33).

use super::super::finding::Rule;
use super::runs::{Text, Told};
use super::secrets::is_like_a_secret;

/// Looks at `postCreateCommand`, which a prebuild does not run.
pub(super) fn look(texts: &[Text<'_>], told: &mut Told) {
    for text in texts.iter().filter(|text| text.hook == "postCreateCommand") {
        // What needs a secret may need one that a prebuild does not have.
        if text.whole.split(|one: char| !one.is_ascii_alphanumeric() && one != '_').any(is_like_a_secret) {
            continue;
        }
        let Some(part) = text.parts.iter().find(|part| fetches_dependencies(&part.as_words())) else { continue };
        let what = part.start();
        let problem =
            format!("postCreateCommand runs `{what}`, which a prebuild does not: each new codespace waits for it");
        let hint = "where it needs no secret of a person's and no registry login, updateContentCommand runs it in a prebuild too";
        told.tell(text, part, Rule::CouldBePrebuilt, problem, hint);
    }
}

/// Tells whether a command fetches or builds what a project depends on.
fn fetches_dependencies(words: &[&str]) -> bool {
    match words {
        ["npm", "ci" | "install" | "i", rest @ ..] => {
            rest.iter().all(|word| word.starts_with('-') && *word != "-g" && *word != "--global")
        }
        ["pip" | "pip3", "install", rest @ ..] => rest.iter().any(|word| ["-r", "--requirement", "-e"].contains(word)),
        ["yarn"]
        | ["yarn" | "pnpm" | "bun", "install" | "i", ..]
        | ["bundle" | "composer" | "poetry" | "pipenv", "install", ..]
        | ["uv", "sync", ..]
        | ["cargo", "fetch" | "build", ..]
        | ["docker", "build", ..]
        | ["docker", "buildx" | "compose", "build", ..]
        | ["go", "mod", "download", ..]
        | ["dotnet", "restore", ..] => true,
        _ => false,
    }
}
