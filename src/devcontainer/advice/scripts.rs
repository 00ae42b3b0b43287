//! Scripts of the repository that lifecycle commands name (facts row 19).

use super::super::finding::Rule;
use super::RepositoryFiles;
use super::runs::{Text, Told, call};

/// Looks at the scripts of every hook.
pub(super) fn look(texts: &[Text<'_>], files: &dyn RepositoryFiles, told: &mut Told) {
    for text in texts {
        for part in &text.parts {
            let Some(call) = call(&part.words) else { continue };
            let Some(script) = files.script(call.path) else { continue };
            let (hook, path) = (text.hook, call.path);
            if call.is_by_itself && !script.is_executable {
                let problem = format!("{hook} runs {path}, which is not executable: it ends with exit code 126");
                told.tell(text, part, Rule::NotExecutable, problem, "git update-index --chmod=+x, or run it with bash");
            }
            let first_line = script.start.split(|byte| *byte == b'\n').next().unwrap_or_default();
            if first_line.ends_with(b"\r") {
                let problem = format!(
                    "{hook} runs {path}, whose lines end in CRLF: its interpreter is not found, or its commands are not"
                );
                let hint = "store it with LF: `*.sh text eol=lf` in .gitattributes";
                told.tell(text, part, Rule::LineEnds, problem, hint);
            }
        }
    }
}
