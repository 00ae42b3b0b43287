//! What `config` shows to people, and the explanation as JSON.

use serde_json::{Value, json};

use crate::devcontainer::{Configuration, Explained, Source};
use crate::report::{Look, Paint, plain};

/// The longest value that is shown whole, in characters.
const LONGEST: usize = 200;

/// Returns the explanation as JSON.
pub(super) fn document(config: &Configuration, rows: &[Explained]) -> Value {
    let rows: Vec<Value> = rows.iter().map(Explained::to_json).collect();
    json!({ "file": (!config.file.is_empty()).then_some(&config.file), "kind": config.kind.name(), "properties": rows })
}

/// Returns what holds, one line each.
pub(super) fn values(config: &Configuration, rows: &[Explained], look: Look) -> String {
    let width = rows.iter().map(|row| row.property.chars().count()).max().unwrap_or_default().min(40);
    let line = |row: &Explained| format!("{:width$}  {}\n", plain(&row.property), value(&row.value));
    head(config, look) + &rows.iter().map(line).collect::<String>()
}

/// Returns what holds, with where it comes from, when it acts and what Codespaces makes of it.
pub(super) fn explained(config: &Configuration, rows: &[Explained], look: Look) -> String {
    let block = |row: &Explained| {
        let from = plain(&row.source.to_string()).into_owned();
        let when = if ["-", ""].contains(&row.acts) { String::new() } else { format!(", {}", row.acts) };
        let whose = if row.source == Source::Codespaces { "" } else { "Codespaces: " };
        let more = if row.codespaces.is_empty() { String::new() } else { format!("    {whose}{}\n", row.codespaces) };
        let name = look.paint(Paint::Bold, &plain(&row.property));
        format!("{name}  {}\n    {}\n{more}", value(&row.value), look.paint(Paint::Dim, &format!("{from}{when}")))
    };
    head(config, look) + &rows.iter().map(block).collect::<String>()
}

fn head(config: &Configuration, look: Look) -> String {
    let what = match config.kind.name() {
        "default" => "Codespaces' default image",
        name => name,
    };
    let file = if config.file.is_empty() { "no devcontainer.json" } else { &config.file };
    format!("{}\n\n", look.paint(Paint::Bold, &plain(&format!("{file} ({what})"))))
}

fn value(value: &Value) -> String {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let shown: String = text.chars().take(LONGEST).collect();
    let cut = if shown.len() < text.len() { "…" } else { "" };
    plain(&format!("{shown}{cut}")).into_owned()
}
